// The gateway is killed while the list is open; it is started again, and so is the socket.

import { change, live, rowOf, scenario, signIn, titled, until } from "./browser.mjs";

const TITLES = ["Maple", "Echo Park", "Half Moon Café"];

await scenario(async ({ newPage, url }) => {
  const page = await newPage();
  await page.goto(url);
  await signIn(page, "admin");
  await live(page);
  await page.evaluate(() => {
    // What it says now is said again with each change around it.
    window.words = ["Live Updates"];
    const look = () => {
      const [badge] = document.querySelectorAll("header [role=status]");
      const word = badge?.textContent.replace(/[^\w ]/gu, "").trim();
      if (word && word !== window.words.at(-1)) window.words.push(word);
    };
    new MutationObserver(look).observe(document.body, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });

  process.kill(Number(process.env.GATEWAY_PID), "SIGKILL");
  for (const title of TITLES) await change(titled(title), { rating: 3 });
  await until(() => page.evaluate(() => window.words.includes("Reconnecting")));
  const readable = await rowOf(page, TITLES[0]).isVisible();
  await live(page);
  for (const title of TITLES) await rowOf(page, title).getByText("3/10").waitFor();
  return { readable, words: await page.evaluate(() => window.words.slice(1)) };
});
