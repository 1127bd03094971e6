// A laptop sleeps with the list open, for longer than its token is good; then it wakes.

import {
  change,
  live,
  liveBadge,
  millisecondsUntil,
  rowOf,
  scenario,
  signIn,
  titled,
} from "./browser.mjs";

const TITLES = ["Signal to Noise", "Slow Elevator"];
const ASLEEP_MS = 1_000 * Number(process.env.ASLEEP_SECONDS);
const SESSION = "melotech-session";
/** What stands still in a sleep, of the browser's processes. */
const SLEEPING = ["renderer", "utility"];

await scenario(async ({ browser, newPage, url }) => {
  const page = await newPage();
  await page.goto(url);
  await signIn(page, "admin");
  await live(page);
  const tokenBefore = await expiry(page);
  const network = await page.context().newCDPSession(page);
  await network.send("Network.enable");

  await offline(network, true);
  const pids = await processes(browser);
  signal(pids, "SIGSTOP");
  for (const title of TITLES) await change(titled(title), { rating: 2 });
  await new Promise((resolve) => setTimeout(resolve, ASLEEP_MS));
  signal(pids, "SIGCONT");
  // The network comes back a moment after the machine.
  await liveBadge(page).waitFor({ state: "hidden" });
  const expired = Date.now() / 1_000 > tokenBefore;
  await offline(network, false);

  const milliseconds = await millisecondsUntil(
    live(page),
    ...TITLES.map((title) => rowOf(page, title).getByText("2/10").waitFor()),
  );
  await change(titled(TITLES[0]), { rating: 1 });
  await rowOf(page, TITLES[0]).getByText("1/10").waitFor();
  return { expired, milliseconds, renewed: (await expiry(page)) > tokenBefore };
});

function offline(network, isOffline) {
  return network.send("Network.emulateNetworkConditions", {
    offline: isOffline,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
}

async function processes(browser) {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => SLEEPING.includes(type)).map(({ id }) => id);
}

function signal(pids, name) {
  for (const pid of pids) process.kill(pid, name);
}

/** When the token that supabase-js keeps ends, in seconds since 1970. */
function expiry(page) {
  return page.evaluate((key) => JSON.parse(localStorage.getItem(key)).expires_at, SESSION);
}
