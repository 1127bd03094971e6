// The pages in their main states, one after the other, in each look.

import { live, rowOf, signIn } from "./browser.mjs";

const TITLE = "Night Drive";
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];
const SCHEMES = ["light", "dark"];
/** Long enough for what fades or is drawn, in milliseconds. */
const SETTLED_MS = 1_000;

/** Call `look(page, name)` for each; a name is like `drawer-dark-390`. */
export async function openStates(newPage, url, look) {
  for (const viewport of SIZES)
    for (const colorScheme of SCHEMES) {
      const visit = (name, run) =>
        visited(newPage, { viewport, colorScheme }, async (page) => {
          await run(page);
          await settled(page);
          await look(page, `${name}-${colorScheme}-${viewport.width}`);
        });
      await visit("sign-in", (page) => openSignIn(page, url));
      await visit("list", (page) => openList(page, url));
      await visit("drawer", (page) => openDrawer(page, url));
      await visit("keys", (page) => openKeys(page, url));
      await visit("nothing-found", (page) => openList(page, `${url}/?q=nothing%20at%20all`));
      await visit("reconnecting", (page) => openReconnecting(page, url));
      await visit("insights", (page) => openInsights(page, url));
      await visit("artist", (page) => openArtist(page, url));
    }
}

async function visited(newPage, options, run) {
  const page = await newPage({ reducedMotion: "reduce", ...options });
  await run(page);
  await page.context().close();
}

async function settled(page) {
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate((wait) => new Promise((done) => setTimeout(done, wait)), SETTLED_MS);
}

async function openSignIn(page, url) {
  await page.goto(url);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
}

async function openList(page, url) {
  await page.goto(url);
  await signIn(page, "admin");
  await live(page);
}

async function openDrawer(page, url) {
  await openList(page, url);
  await rowOf(page, TITLE).getByText(TITLE).click();
  const drawer = page.getByRole("dialog", { name: TITLE });
  await drawer.getByRole("textbox", { name: "Feedback" }).waitFor();
}

async function openKeys(page, url) {
  await openList(page, url);
  await page.getByRole("button", { name: "Keys" }).click();
  await page.getByRole("dialog").waitFor();
}

/** The sockets of this page are ended, and none can be opened any more. */
async function openReconnecting(page, url) {
  const sockets = [];
  let isCut = false;
  await page.routeWebSocket(/\/ws/, (socket) => {
    if (isCut) void socket.close();
    else sockets.push([socket, socket.connectToServer()]);
  });
  await openList(page, url);
  isCut = true;
  for (const [socket] of sockets) await socket.close();
  await page.getByRole("status").filter({ hasText: "Reconnecting" }).waitFor();
}

async function openInsights(page, url) {
  await page.goto(`${url}/insights`);
  await signIn(page, "admin");
  await live(page);
  await page.getByText("Decisions").first().waitFor();
}

async function openArtist(page, url) {
  await page.goto(`${url}/artist`);
  await signIn(page, "ada");
  await live(page);
  await page.getByRole("article").first().waitFor();
}
