// A row changes elsewhere: two admins, its artist and the mail see it; another artist does not.

import {
  change,
  live,
  mailOf,
  millisecondsUntil,
  rowOf,
  scenario,
  signIn,
  titled,
} from "./browser.mjs";

const TITLE = "Winter Line";

await scenario(async ({ newPage, url }) => {
  const open = async (name) => {
    const page = await newPage();
    await page.goto(url);
    await signIn(page, name);
    await live(page);
    return page;
  };
  const [reader, other, ada, ben] = await Promise.all(
    ["admin", "admin", "ada", "ben"].map(open),
  );
  await rowOf(reader, TITLE).getByText(TITLE).click();
  const drawer = reader.getByRole("dialog", { name: TITLE });
  const line = drawer.getByRole("list", { name: "What happened" });
  await line.or(drawer.getByText("Nothing has happened yet.")).first().waitFor();
  const track = ada.getByRole("article", { name: TITLE });
  await track.getByText("pending", { exact: false }).waitFor();
  await ben.getByRole("article").first().waitFor();
  const before = await timelessText(ben);

  const changed = change(titled(TITLE), { status: "approved" });
  const toast = other.getByRole("listitem").filter({ hasText: TITLE });
  const parts = {
    cell: rowOf(other, TITLE).getByText("Approved").waitFor(),
    toast: toast.getByText("Status: pending → approved").waitFor(),
    timeLine: line.getByText("Status from Pending to Approved").waitFor(),
    inbox: mailOf("ada@melotech.test", TITLE),
    artist: track.getByText("Approved").waitFor(),
  };
  const measured = Object.entries(parts).map(async ([name, awaited]) => [
    name,
    await millisecondsUntil(changed, awaited),
  ]);
  const milliseconds = Object.fromEntries(await Promise.all(measured));
  // How the mail fared stands in the open time line by itself.
  await line.getByText(/^Mail delivered/).waitFor();
  return {
    milliseconds,
    otherArtistSaw: (await timelessText(ben)) !== before,
    otherArtistHasIt: (await ben.getByText(TITLE).count()) > 0,
  };
});

/** What a page says, without the times: they go on by themselves. */
function timelessText(page) {
  return page.locator("main").evaluate((main) => {
    const copy = main.cloneNode(true);
    for (const time of copy.querySelectorAll("time")) time.remove();
    return copy.textContent;
  });
}
