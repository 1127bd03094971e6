import { createClient } from "@supabase/supabase-js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSession } from "./session";
import { LOOK_EVERY } from "./session";
import type { SessionStore } from "./session";
import { RENEW_EVERY } from "./token";

const KEY = "test-session";
const USER = {
  id: "auth-1",
  email: "ada@melotech.test",
  app_metadata: {},
  user_metadata: {},
  aud: "authenticated",
};

/** What the project answers, by the path that is asked for; a hang where there is none. */
let answers: Record<string, () => Response | Promise<Response>>;
let asked: string[];

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json" },
  });

const granted = (name: string, lifetime = 3_600): Response =>
  json({
    access_token: name,
    refresh_token: "refresh",
    token_type: "bearer",
    expires_in: lifetime,
    expires_at: Math.floor(Date.now() / 1_000) + lifetime,
    user: USER,
  });

const network: typeof fetch = (input) => {
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  asked.push(pathname);
  const answer = answers[pathname];
  return answer ? Promise.resolve(answer()) : new Promise(() => undefined);
};

function start(): SessionStore {
  const supabase = createClient("http://project.test", "anon", {
    auth: { storageKey: KEY, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch: network },
  });
  return createSession(supabase, () => localStorage.removeItem(KEY));
}

const until = (check: () => void): Promise<void> =>
  vi.waitFor(check, { interval: 1, timeout: 5_000 });

async function signedIn(): Promise<SessionStore> {
  const session = start();
  await expect(session.signIn("ada@melotech.test", "melotech")).resolves.toBeNull();
  await until(() => expect(session.getSnapshot().status).toBe("in"));
  return session;
}

beforeEach(() => {
  vi.spyOn(console, "warn").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
  vi.spyOn(globalThis, "addEventListener");
  localStorage.clear();
  asked = [];
  answers = {
    "/auth/v1/token": () => granted("first"),
    "/auth/v1/logout": () => new Response(null, { status: 204 }),
    "/rest/v1/users": () => json([{ id: "user-1", authid: "auth-1", is_admin: false }]),
  };
});
afterEach(() => {
  // Sessions have no end: those of before must not wake up with the next.
  for (const [name, listener] of vi.mocked(globalThis.addEventListener).mock.calls)
    globalThis.removeEventListener(name, listener);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("is out where nobody has signed in", async () => {
  const session = start();
  expect(session.getSnapshot().status).toBe("loading");
  await until(() => expect(session.getSnapshot().status).toBe("out"));
  await expect(session.getToken()).resolves.toBeNull();
});

it("knows after signing in who it is, and as what", async () => {
  const session = await signedIn();
  expect(session.getSnapshot()).toEqual({
    status: "in",
    userId: "auth-1",
    email: "ada@melotech.test",
    isAdmin: false,
    artistId: "user-1",
  });
  await expect(session.getToken()).resolves.toBe("first");
});

it("is in again after a reload", async () => {
  await signedIn();
  const again = start();
  await until(() => expect(again.getSnapshot().userId).toBe("auth-1"));
});

it("says in a sentence why it could not sign in", async () => {
  answers["/auth/v1/token"] = () =>
    json({ code: 400, error_code: "invalid_credentials", msg: "no" }, 400);
  const sentence = await start().signIn("ada@melotech.test", "wrong");
  expect(sentence).toBe("No account has this email address and password.");
});

it("says so where the service cannot be reached", async () => {
  answers["/auth/v1/token"] = () => Promise.reject(new TypeError("Failed to fetch"));
  await expect(start().signIn("ada@melotech.test", "x")).resolves.toMatch(/reached/);
});

it("asks for the row again where nobody answered", async () => {
  const flagged = () => json([{ id: "user-1", admin: true }]);
  let calls = 0;
  answers["/rest/v1/users"] = () => (++calls < 2 ? json({}, 500) : flagged());
  const session = await signedIn();
  expect(session.getSnapshot().isAdmin).toBe(true);
});

it("does without a row where the table may not be read", async () => {
  answers["/rest/v1/users"] = () => json({ code: "42501", message: "denied" }, 403);
  const session = await signedIn();
  expect(session.getSnapshot()).toMatchObject({ isAdmin: false, artistId: "auth-1" });
});

it("gets a fresh token before the old one runs out", async () => {
  let given = 0;
  answers["/auth/v1/token"] = () => (given++ ? granted("second") : granted("first", 30));
  const session = await signedIn();
  await expect(session.getToken()).resolves.toBe("second");
});

it("rejects, and stays in, where a token cannot be had just now", async () => {
  answers["/auth/v1/token"] = () => granted("first", -10);
  const session = await signedIn();
  // Nobody answers any more, as after a sleep.
  delete answers["/auth/v1/token"];
  vi.useFakeTimers();
  const token = expect(session.getToken()).rejects.toThrow("no answer within 10 s");
  await vi.advanceTimersByTimeAsync(10_000);
  await token;
  expect(session.getSnapshot().status).toBe("in");
});

it("keeps its snapshot when only the token has changed", async () => {
  const session = await signedIn();
  const before = session.getSnapshot();
  let told = 0;
  session.subscribe(() => (told += 1));
  await session.signIn("ada@melotech.test", "melotech");
  await new Promise((resolve) => setTimeout(resolve));
  expect(session.getSnapshot()).toBe(before);
  expect(told).toBe(0);
});

it("signs out here even where the service does not answer", async () => {
  const session = await signedIn();
  answers["/auth/v1/logout"] = () => json({}, 500);
  await session.signOut();
  expect(session.getSnapshot()).toMatchObject({ status: "out", userId: null });
  expect(localStorage.getItem(KEY)).toBeNull();
  await expect(session.getToken()).resolves.toBeNull();
});

it("comes in with tokens so short that each question asks for a new one", async () => {
  answers["/auth/v1/token"] = () => granted("short", 30);

  const session = await signedIn();

  expect(session.getSnapshot().userId).toBe("auth-1");
  expect(asked.filter((path) => path === "/rest/v1/users")).toHaveLength(1);
});

const times = (path: string): number => asked.filter((one) => one === path).length;
const wake = () => globalThis.dispatchEvent(new Event("pageshow"));
/** As if so much time had passed; timers run as they do. */
function later(milliseconds: number): void {
  const moment = Date.now() + milliseconds;
  vi.spyOn(Date, "now").mockReturnValue(moment);
}
const withRole = (name: string, role?: string) => async () => {
  const body = (await granted(name).json()) as { user: object };
  return json({ ...body, user: { ...body.user, app_metadata: { role } } });
};

it("does not take a refused token for a missing row: another one is asked with", async () => {
  let calls = 0;
  answers["/rest/v1/users"] = () =>
    ++calls < 2 ? json({ code: "PGRST303" }, 401) : json([{ id: "user-1", admin: true }]);
  const session = await signedIn();
  expect(session.getSnapshot()).toMatchObject({ isAdmin: true, artistId: "user-1" });
  expect(times("/auth/v1/token")).toBe(2);
});

it("comes in by the token alone where that is refused again and again, and asks later", async () => {
  vi.useFakeTimers();
  answers["/rest/v1/users"] = () => json({ code: "PGRST301" }, 401);
  const session = start();
  await session.signIn("ada@melotech.test", "melotech");
  await vi.advanceTimersByTimeAsync(8_000);
  expect(session.getSnapshot()).toMatchObject({ status: "in", isAdmin: false });
  expect(times("/rest/v1/users")).toBe(4);
  // Signed in, and renewed once: not for each refusal.
  expect(times("/auth/v1/token")).toBe(2);

  answers["/rest/v1/users"] = () => json([{ id: "user-1", admin: true }]);
  await vi.advanceTimersByTimeAsync(LOOK_EVERY);
  expect(session.getSnapshot()).toMatchObject({ isAdmin: true, artistId: "user-1" });
});

it("renews a token that is refused though it looks good, but not in a storm", async () => {
  const session = await signedIn();
  let given = 1;
  answers["/auth/v1/token"] = () => granted(`renewed-${given++}`);
  await expect(session.getToken("another")).resolves.toBe("first");
  await expect(session.getToken("first")).resolves.toBe("renewed-1");
  await expect(session.getToken("renewed-1")).resolves.toBe("renewed-1");
  later(RENEW_EVERY);
  await expect(session.getToken("renewed-1")).resolves.toBe("renewed-2");
});

it("takes up a role that a new token has", async () => {
  const session = await signedIn();
  answers["/auth/v1/token"] = withRole("second", "admin");
  await session.getToken("first");
  await until(() => expect(session.getSnapshot().isAdmin).toBe(true));
});

it("takes up a row that has changed, when there is a new token", async () => {
  const session = await signedIn();
  answers["/rest/v1/users"] = () => json([{ id: "user-1", is_admin: true }]);
  later(LOOK_EVERY);
  await session.getToken("first");
  await until(() => expect(session.getSnapshot().isAdmin).toBe(true));
});

it.each([
  ["the row", () => (answers["/rest/v1/users"] = () => json([{ id: "u", admin: true }]))],
  ["the project", () => (answers["/auth/v1/token"] = withRole("second", "admin"))],
])("takes up a role that %s has, when the page wakes up", async (_, change) => {
  const session = await signedIn();
  answers["/auth/v1/user"] = () => json({ ...USER, app_metadata: { role: "admin" } });
  change();
  wake();
  expect(times("/auth/v1/user")).toBe(0);
  later(LOOK_EVERY);
  wake();
  wake();
  await until(() => expect(session.getSnapshot().isAdmin).toBe(true));
  expect(times("/auth/v1/user")).toBe(1);
});

it("looks again at once where the gateway has refused", async () => {
  answers["/rest/v1/users"] = () => json([{ id: "user-1", is_admin: true }]);
  const session = await signedIn();
  answers["/rest/v1/users"] = () => json([{ id: "user-1", is_admin: false }]);
  session.lookAgain();
  session.lookAgain();
  await until(() => expect(session.getSnapshot().isAdmin).toBe(false));
  expect([times("/auth/v1/token"), times("/rest/v1/users")]).toEqual([2, 2]);
});

it("keeps what it knows of a person where it cannot be had anew", async () => {
  answers["/rest/v1/users"] = () => json([{ id: "user-1", is_admin: true }]);
  const session = await signedIn();
  const before = session.getSnapshot();
  answers["/rest/v1/users"] = () => json({}, 401);
  vi.useFakeTimers();
  session.lookAgain();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(session.getSnapshot()).toBe(before);
});

it("is out where the project takes the person no longer", async () => {
  const session = await signedIn();
  answers["/auth/v1/token"] = () =>
    json({ code: 403, error_code: "user_banned", msg: "banned" }, 403);
  session.lookAgain();
  await until(() => expect(session.getSnapshot().status).toBe("out"));
});

it("has a token as soon as the network is back, however long it was away", async () => {
  const session = await signedIn();
  vi.useFakeTimers();
  vi.setSystemTime(Date.now() + 4_000_000);
  answers["/auth/v1/token"] = () => Promise.reject(new TypeError("Failed to fetch"));
  const vain = expect(session.getToken()).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(31_000);
  await vain;
  answers["/auth/v1/token"] = () => granted("second");
  await expect(session.getToken()).resolves.toBe("second");
});

it("does not ask again and again for a token that the project refuses", async () => {
  const session = await signedIn();
  later(3_550_000);
  answers["/auth/v1/token"] = () => json({ code: 429, error_code: "x", msg: "x" }, 429);
  const before = times("/auth/v1/token");
  for (let time = 0; time < 3; time += 1) await session.getToken().catch(() => undefined);
  expect(times("/auth/v1/token")).toBe(before + 1);
});

it("takes the token of another tab that was faster", async () => {
  const session = await signedIn();
  answers["/auth/v1/token"] = async () => {
    localStorage.setItem(KEY, await granted("second").text());
    return json({ code: 400, error_code: "refresh_token_already_used", msg: "x" }, 400);
  };
  await expect(session.getToken("first")).resolves.toBe("second");
  expect(session.getSnapshot().status).toBe("in");
  expect(times("/auth/v1/logout")).toBe(0);
});
