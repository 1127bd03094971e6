// What every scenario needs: a real Chromium, the addresses, and a list of what went wrong.

import { createRequire } from "node:module";

const { CHROMIUM, DASHBOARD, EDGE_URL, MAILGUN_URL, SERVICE_KEY, SUPABASE_URL } =
  process.env;
const require = createRequire(`${DASHBOARD}/package.json`);
const { chromium } = require("playwright-core");

const DEADLINE_MS = 30_000;
const PAUSE_MS = 20;
/** Of what a page shows, in characters, when a scenario fails. */
const MOST_SEEN = 4_000;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Run a scenario and print what it returns, as JSON. It fails, too, where a page threw an
 * error, or did what the edge's policy forbids.
 */
export async function scenario(run) {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: FLAGS,
  });
  const faults = [];
  const newPage = (options) => pageOf(browser, faults, options);
  try {
    const told = await run({ browser, newPage, url: EDGE_URL });
    if (faults.length > 0) throw new Error(faults.join("\n"));
    console.log(JSON.stringify(told));
  } catch (error) {
    console.error(await seen(browser));
    throw error;
  } finally {
    await browser.close();
  }
}

/** A page of somebody's own: other cookies, storage and sockets than any other's. */
async function pageOf(browser, faults, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  page.on("pageerror", (error) => faults.push(`error in the page: ${error.stack}`));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) faults.push(message.text());
  });
  return page;
}

/** What each page shows, as assistive technology hears it. */
async function seen(browser) {
  const pages = browser.contexts().flatMap((context) => context.pages());
  const heard = await Promise.all(
    pages.map((page) => page.locator("body").ariaSnapshot().catch(String)),
  );
  return heard.map((text) => text.slice(0, MOST_SEEN)).join("\n---\n");
}

/** Sign in where a page that asks for it was opened. */
export async function signIn(page, name) {
  await page.getByLabel("Email").fill(`${name}@melotech.test`);
  await page.getByLabel("Password").fill("melotech");
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The badge of a live connection, not a toast that speaks of "Live updates". */
export function liveBadge(page) {
  return page.getByRole("status").filter({ hasText: /Live Updates/ });
}

/** Wait until the socket is up: changes from now on are seen. */
export async function live(page) {
  await liveBadge(page).waitFor();
}

/** The list's row of a title, whatever columns it has. */
export function rowOf(page, title) {
  const grid = page.getByRole("grid", { name: "Submissions" });
  return grid.getByRole("row").filter({ hasText: title });
}

/** Change rows as somebody else does, past all pages; `query` says which. */
export const change = (query, values) => write("PATCH", `submissions?${query}`, values);

/** Add rows as somebody else does. */
export const insert = (rows) => write("POST", "submissions", rows);

export const remove = (query) => write("DELETE", `submissions?${query}`);

export const titled = (title) => `title=eq.${encodeURIComponent(title)}`;

async function write(method, path, body) {
  const answer = await fetch(`${SUPABASE_URL}/rest/v1/${path}`, {
    method,
    headers: {
      apikey: SERVICE_KEY,
      Authorization: `Bearer ${SERVICE_KEY}`,
      "Content-Type": "application/json",
      Prefer: "return=representation",
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`the change was refused: ${answer.status}`);
  return answer.json();
}

/** Wait for a mail to somebody that speaks of this title. */
export function mailOf(recipient, title) {
  return until(async () => {
    const answer = await fetch(`${MAILGUN_URL}/api/messages`);
    const mails = await answer.json();
    return mails.find((mail) => {
      const text = JSON.stringify(mail);
      return text.includes(recipient) && text.includes(title);
    });
  });
}

/** Ask again and again until the answer is something; return it. */
export async function until(ask) {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`in vain: ${ask}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** How many milliseconds pass from now until all of `awaited` is there. */
export async function millisecondsUntil(...awaited) {
  const started = performance.now();
  await Promise.all(awaited);
  return Math.round(performance.now() - started);
}
