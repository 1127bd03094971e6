// Pictures of each page and state for the documentation: `node screenshots.mjs FOLDER`,
// with the environment that the scenarios have.

import { join } from "node:path";
import { change, mailOf, scenario, titled } from "./browser.mjs";
import { openStates } from "./states.mjs";

const [, , folder] = process.argv;

/** Reviews before the pictures, so that figures and time lines have something to show. */
const REVIEWS = [
  ["Echo Park", { status: "in-review" }],
  ["Maple", { status: "in-review", rating: 8 }],
  ["Ferric", { status: "rejected", rating: 3, feedback: "The mix is too loud for us." }],
  ["Night Drive", { status: "approved", rating: 9, feedback: "Warm and wide." }],
];

await scenario(async ({ newPage, url }) => {
  const names = [];
  for (const [title, values] of REVIEWS) await change(titled(title), values);
  await mailOf("ada@melotech.test", "Night Drive");
  await openStates(newPage, url, async (page, name) => {
    await page.screenshot({ path: join(folder, `dashboard-${name}.png`) });
    names.push(name);
  });
  return names;
});
