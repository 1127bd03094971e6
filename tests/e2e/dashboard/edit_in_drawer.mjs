// An admin's review in the drawer: shown at once, kept or taken back, and beside another's.

import { change, live, rowOf, scenario, signIn, titled, until } from "./browser.mjs";

const TITLE = "Ferric";
const SAVED = "Warm and wide.";
const TYPED = "Typed while somebody else";

await scenario(async ({ newPage, url }) => {
  const page = await newPage();
  await page.goto(url);
  await signIn(page, "admin");
  await live(page);
  const row = rowOf(page, TITLE);
  await row.getByText(TITLE).click();
  const drawer = page.getByRole("dialog", { name: TITLE });
  const feedback = drawer.getByRole("textbox", { name: "Feedback" });
  const save = drawer.getByRole("button", { name: "Save" });

  // Taken: in the table, and in the time line with who it was.
  await feedback.fill(SAVED);
  await drawer.getByRole("radio", { name: "7 of 10" }).check({ force: true });
  await save.click();
  await drawer.getByText("✓ Saved").waitFor();
  await row.getByText("7/10").waitFor();
  await drawer.getByText("Rating from nothing to 7").waitFor();
  const [stored] = await change(titled(TITLE), { genre: "trance" });

  // Refused: on the screen while it is asked, then what it was, with the reason.
  const answered = await refuse(page);
  await drawer.getByRole("radio", { name: "Rejected" }).check({ force: true });
  await save.click();
  await row.getByText("Rejected").waitFor();
  answered();
  await drawer.getByText("You may not change this submission.").waitFor();
  await row.getByText("Pending").waitFor();
  await page.unroute("**/rest/v1/submissions?*");
  const keptInForm = await drawer.getByRole("radio", { name: "Rejected" }).isChecked();
  await drawer.getByRole("button", { name: "Discard" }).click();

  // Another's change, while one types: beside it, and nothing typed is lost.
  await feedback.fill(TYPED);
  await change(titled(TITLE), { feedback: "Theirs" });
  await drawer.getByText("Changed to Theirs by somebody else just now").waitFor();
  await feedback.pressSequentially(" writes");
  const typed = await feedback.inputValue();
  await drawer.getByRole("button", { name: "Keep mine: Feedback" }).click();
  await feedback.press("Control+Enter");
  const won = await until(async () => {
    const [{ feedback: text }] = await change(titled(TITLE), { genre: "trance" });
    return text !== "Theirs" && text;
  });
  return { stored, keptInForm, typed, won };
});

/** Hold the next change back, and refuse it as the table does when told to. */
async function refuse(page) {
  const { promise, resolve } = Promise.withResolvers?.() ?? resolvers();
  await page.route("**/rest/v1/submissions?*", async (route) => {
    if (route.request().method() !== "PATCH") return route.continue();
    await promise;
    await route.fulfill({
      status: 403,
      headers: { "Access-Control-Allow-Origin": "*" },
      json: { code: "42501", message: "new row violates row-level security policy" },
    });
  });
  return resolve;
}

function resolvers() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
