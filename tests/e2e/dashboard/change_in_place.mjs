// A row changes elsewhere, and its cell in an admin's open list with it.

import { change, live, millisecondsUntil, rowOf, scenario, signIn, titled } from "./browser.mjs";

const TITLE = "Night Drive";

await scenario(async ({ newPage, url }) => {
  const page = await newPage();
  await page.goto(url);
  await signIn(page, "admin");

  const grid = page.getByRole("grid", { name: "Submissions" });
  const row = rowOf(page, TITLE);
  await row.getByText("pending", { exact: false }).waitFor();
  await live(page);
  // Would be gone after a reload.
  await page.evaluate(() => (window.kept = true));

  const changed = change(titled(TITLE), { status: "approved" });
  const milliseconds = await millisecondsUntil(
    changed,
    row.getByText("approved", { exact: false }).waitFor(),
  );
  return {
    milliseconds,
    rows: await grid.getByRole("row").count(),
    sameDocument: await page.evaluate(() => window.kept),
  };
});
