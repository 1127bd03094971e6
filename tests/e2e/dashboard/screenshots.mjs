// Pictures of each page and state for the documentation: `node screenshots.mjs FOLDER`,
// with the environment that the scenarios have.

import { join } from "node:path";
import { scenario } from "./browser.mjs";
import { openStates } from "./states.mjs";

const [, , folder] = process.argv;

await scenario(async ({ newPage, url }) => {
  const names = [];
  await openStates(newPage, url, async (page, name) => {
    await page.screenshot({ path: join(folder, `dashboard-${name}.png`) });
    names.push(name);
  });
  return names;
});
