// The pages in their main states, one after the other, in each look.

import { live, rowOf, signIn, until } from "./browser.mjs";

const TITLE = "Night Drive";
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];
const SCHEMES = ["light", "dark"];
/** A page that stands still for so many frames has been drawn. */
const FRAMES = 10;
/** What never ends must not be waited for, in milliseconds. */
const LONGEST_MS = 3_000;
const STATES = {
  "sign-in": openSignIn,
  list: openList,
  drawer: openDrawer,
  keys: openKeys,
  "nothing-found": (page, url) => openList(page, `${url}/?q=nothing%20at%20all`),
  reconnecting: openReconnecting,
  insights: openInsights,
  artist: openArtist,
};

/** Call `look(page, name)` for each; a name is like `drawer-dark-390`. */
export async function openStates(newPage, url, look) {
  for (const [name, open] of Object.entries(STATES)) {
    const page = await newPage({ reducedMotion: "reduce" });
    await open(page, url);
    for (const size of SIZES)
      for (const colorScheme of SCHEMES) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        await settled(page);
        await look(page, `${name}-${colorScheme}-${size.width}`);
      }
    await page.context().close();
  }
}

async function settled(page) {
  await page.mouse.move(0, 0);
  await page.evaluate(untilStill, [FRAMES, LONGEST_MS]);
}

/** In the page: until so many frames in a row were drawn and nothing changed or moved. */
function untilStill([framesNeeded, longest]) {
  return new Promise((done) => {
    let frames = 0;
    const observer = new MutationObserver(() => (frames = 0));
    observer.observe(document, {
      attributes: true,
      characterData: true,
      childList: true,
      subtree: true,
    });
    const deadline = performance.now() + longest;
    const look = () => {
      const moves = document.getAnimations().some(({ playState }) => playState === "running");
      frames = moves ? 0 : frames + 1;
      if (frames < framesNeeded && performance.now() < deadline)
        return void requestAnimationFrame(look);
      observer.disconnect();
      done();
    };
    requestAnimationFrame(look);
  });
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
  await page.getByText("Time to review").waitFor();
  // The charts come after the figures: until then something stands in their place.
  await until(async () => (await page.locator("main .animate-pulse").count()) === 0);
}

async function openArtist(page, url) {
  await page.goto(`${url}/artist`);
  await signIn(page, "ada");
  await live(page);
  await page.getByRole("article").first().waitFor();
}
