import { beforeEach, expect, it } from "vitest";
import { createAnnouncements } from "@/components/announcements";
import { ConfigError, configOf } from "@/lib/config";
import { isLocal } from "@/lib/isLocal";
import { ApiError, createApi, detailOf } from "./api";
import { destinationOf } from "./guards";
import { sentenceOf } from "./signInErrors";
import { createTheme } from "./theme";
import { createToasts } from "./toasts";
import type { ToastKind } from "./toasts";
import { vi } from "vitest";

let now = 0;
beforeEach(() => {
  now = 0;
  localStorage.clear();
});

const toasts = () => createToasts(() => now);

it("shows at most four toasts, the newest", () => {
  const store = toasts();
  for (const title of ["1", "2", "3", "4", "5"]) store.show({ title });
  expect(store.getSnapshot().map(({ title }) => title)).toEqual(["2", "3", "4", "5"]);
});

const groupOf = (name: string) => ({
  name,
  titleOf: (toasts: number, things: number) => `${name}: ${toasts} of ${things}`,
});
const grouped = (group: string, id: string, kind: ToastKind = "info") => ({
  title: id,
  kind,
  group: groupOf(group),
  about: { id, name: id.toUpperCase() },
});

it("counts toasts of a group that come within a second, beside those of others", () => {
  const store = toasts();
  store.show(grouped("changes", "a"));
  store.show(grouped("mails", "m"));
  now = 1_000;
  store.show(grouped("changes", "b"));
  now = 2_001;
  store.show(grouped("changes", "c"));
  expect(store.getSnapshot()).toMatchObject([
    { title: "changes: 2 of 2", description: "A, B", count: 2 },
    { title: "m" },
    { title: "c" },
  ]);
});

it("counts each thing of a group once, however often it changes", () => {
  const store = toasts();
  for (const id of ["a", "a", "b", "a"]) store.show(grouped("changes", id));
  expect(store.getSnapshot()).toMatchObject([{ title: "changes: 4 of 2" }]);
  for (const id of ["c", "d"]) store.show(grouped("changes", id));
  expect(store.getSnapshot()).toMatchObject([
    { title: "changes: 6 of 4", description: null },
  ]);
});

it.each<[ToastKind[], ToastKind]>([
  [["good", "good"], "good"],
  [["good", "info"], "info"],
  [["info", "bad", "good"], "bad"],
])("gives a group of %j the kind %s", (kinds, kind) => {
  const store = toasts();
  for (const each of kinds) store.show(grouped("g", "a", each));
  expect(store.getSnapshot()).toMatchObject([{ kind }]);
});

it("leaves out the toast of the viewer's own change, once and not for ever", () => {
  const store = toasts();
  const told = () => store.getSnapshot().length;
  store.own("a approved");
  store.show({ title: "A", change: "a approved" });
  expect(told()).toBe(0);
  store.show({ title: "A", change: "a approved" });
  expect(told()).toBe(1);
  store.own("a approved")();
  store.show({ title: "A", change: "a approved" });
  expect(told()).toBe(2);
  store.own("a approved");
  now = 60_001;
  store.show({ title: "A", change: "a approved" });
  expect(told()).toBe(3);
});

it("takes a toast away once, and does not count on with it", () => {
  const store = toasts();
  store.show(grouped("g", "a"));
  store.dismiss(store.getSnapshot()[0]?.id ?? 0);
  store.show(grouped("g", "b"));
  expect(store.getSnapshot()).toMatchObject([{ title: "b", count: 1 }]);
});

function systemOf(isDark: boolean) {
  const events = new EventTarget();
  const query = Object.assign(events, { matches: isDark }) as unknown as MediaQueryList;
  const become = (matches: boolean) => {
    Object.assign(events, { matches });
    events.dispatchEvent(new Event("change"));
  };
  return { query, become };
}

it("follows the system until a theme is chosen, and remembers the choice", () => {
  const root = document.createElement("html");
  const system = systemOf(true);
  const theme = createTheme(root, system.query);
  expect(root.dataset.theme).toBe("dark");
  system.become(false);
  expect(root.dataset.theme).toBe("light");
  theme.choose("dark");
  expect(root.dataset.theme).toBe("dark");
  const later = createTheme(root, system.query);
  expect([later.getSnapshot(), root.dataset.theme]).toEqual(["dark", "dark"]);
});

it("does without storage where that is forbidden", () => {
  const forbidden = () => {
    throw new DOMException("denied", "SecurityError");
  };
  const root = document.createElement("html");
  const theme = createTheme(root, systemOf(false).query, forbidden);
  theme.choose("dark");
  expect(root.dataset.theme).toBe("dark");
});

const problem = { title: "Unauthorized", status: 401, detail: "The token has expired." };

it.each<[string, number, unknown, string]>([
  ["the detail", 401, problem, "The token has expired."],
  ["the title", 400, { title: "Bad" }, "Bad"],
  ["the status", 403, null, "You may not see this."],
  ["an unknown status by its number", 418, "text", "The server answered 418."],
])("tells of a failed question by %s", (_, status, body, detail) => {
  expect(detailOf(status, body)).toBe(detail);
});

const apiOf = (answer: () => Promise<Response>) => {
  const fetcher = vi.fn<typeof fetch>(answer);
  const api = createApi({ backendUrl: "http://e" }, () => Promise.resolve("t"), fetcher);
  return { api, fetcher };
};

it("asks with the token in a header, never in the address", async () => {
  const { api, fetcher } = apiOf(() => Promise.resolve(Response.json({ a: 1 })));
  await expect(api.get("/api/stats")).resolves.toEqual({ a: 1 });
  const headers = { accept: "application/json", authorization: "Bearer t" };
  expect(fetcher.mock.calls).toEqual([["http://e/api/stats", { headers }]]);
});

it("rejects with what the problem document says", async () => {
  const { api } = apiOf(() => Promise.resolve(Response.json(problem, { status: 401 })));
  const error = await api.get("/api/stats").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 401, detail: "The token has expired." });
});

it("rejects with status 0 where there is no answer, and stays an abort where left", async () => {
  const { api } = apiOf(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(api.get("/x")).rejects.toMatchObject({ status: 0 });
  await expect(api.get("/x", AbortSignal.abort())).rejects.not.toBeInstanceOf(ApiError);
});

it("says one announcement at once, and sums up the burst after it", () => {
  vi.useFakeTimers();
  const said = createAnnouncements();
  said.announce("Night Drive approved");
  expect(said.getSnapshot()).toBe("Night Drive approved");
  for (const title of ["A", "B", "C"]) said.announce(`${title} changed`);
  expect(said.getSnapshot()).toBe("Night Drive approved");
  vi.advanceTimersByTime(1_500);
  expect(said.getSnapshot()).toBe("3 changes. C changed");
  vi.useRealTimers();
});

it.each([
  [{ from: "/insights?minutes=60" }, "/insights?minutes=60"],
  [{ from: "//evil.test/x" }, "/"],
  [{ from: "/\\evil.test" }, "/"],
  [{ from: "https://evil.test" }, "/"],
  [null, "/"],
])("goes after signing in from %o to %s", (state, path) => {
  expect(destinationOf(state)).toBe(path);
});

it.each([
  [{ code: "invalid_credentials", status: 400, message: "x" }, /No account/],
  [{ status: 429, message: "x" }, /Too many attempts/],
  [{ status: 0, message: "Failed to fetch" }, /cannot be reached/],
  [{ code: "constructor", status: 400, message: "odd" }, /refused: odd/],
])("calls %o by a sentence", (error, sentence) => {
  expect(sentenceOf(error)).toMatch(sentence);
});

it.each([
  ["http://localhost:54321", true],
  ["http://127.0.0.1:1", true],
  ["http://[::1]:1", true],
  ["https://project.supabase.co", false],
  ["https://localhost.evil.test", false],
  ["https://127.0.0.1.evil.test", false],
  ["nonsense", false],
])("takes %s for local: %s", (address, expected) => {
  expect(isLocal(address)).toBe(expected);
});

it("names the variables that are missing", () => {
  const config = () => configOf({ VITE_SUPABASE_URL: "http://p" }, {}, "http://o");
  expect(config).toThrow(new ConfigError(["VITE_SUPABASE_ANON_KEY"]));
});
