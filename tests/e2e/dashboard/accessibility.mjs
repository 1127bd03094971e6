// Each page in its states, in light and dark, wide and narrow, as axe judges it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { openStates } from "./states.mjs";
import { scenario } from "./browser.mjs";

const require = createRequire(`${process.env.DASHBOARD}/package.json`);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

await scenario(async ({ newPage, url }) => {
  const violations = [];
  const judged = [];
  await openStates(newPage, url, async (page, name) => {
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
    const found = await page.evaluate(judge);
    judged.push(name);
    for (const { id, nodes } of found)
      violations.push(`${name}: ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
  return { judged: judged.length, violations };
});

/** In the page: what holds is counted by axe and not told, of which there is much. */
async function judge() {
  const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
  return violations;
}
