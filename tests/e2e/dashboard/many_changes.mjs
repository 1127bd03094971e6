// Two hundred rows change at once, while somebody types into the search field.

import { change, insert, live, millisecondsUntil, remove, rowOf, scenario, signIn } from "./browser.mjs";

const MANY = 200;
const TYPED = "burst of changes";
const LEAST_KEYS = 100;
/** The shortest that a page may ask to be told of, in milliseconds. */
const SHORTEST = 16;

await scenario(async ({ newPage, url }) => {
  await insert(
    Array.from({ length: MANY }, (_, number) => ({
      title: `Burst of changes ${String(number).padStart(3, "0")}`,
      genre: "burst",
      status: "pending",
    })),
  );
  const page = await newPage();
  await page.goto(`${url}/?genre=burst&sort=title`);
  await signIn(page, "admin");
  await live(page);
  await page.getByText(`${MANY} of `).waitFor();
  await page.evaluate((durationThreshold) => {
    window.durations = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.durations.push(duration);
    }).observe({ type: "event", durationThreshold });
  }, SHORTEST);

  const field = page.getByRole("searchbox");
  await field.focus();
  const changed = change("genre=eq.burst", { rating: 6 });
  let isOver = false;
  const arrived = changed
    .then(() => millisecondsUntil(rowOf(page, "Burst of changes").getByText("6/10").last().waitFor()))
    .finally(() => (isOver = true));
  let keys = 0;
  for (; !isOver || keys < LEAST_KEYS; keys += TYPED.length) {
    await field.pressSequentially(TYPED, { delay: 15 });
    await field.clear();
  }
  await arrived;
  // What comes in the midst of it must not be lost either.
  await page.getByRole("combobox", { name: "Rating" }).selectOption("6");
  await page.getByText(`${MANY} of `).waitFor();
  await remove("genre=eq.burst");
  await page.getByText(/^0 of /).waitFor();
  const durations = await page.evaluate(() => window.durations);
  return { keys, longest: Math.max(0, ...durations) };
});
