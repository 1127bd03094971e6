import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setUp, settle } from "../../tests/memorySocket";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function joined(life = 3_600) {
  const all = setUp();
  all.client.connect();
  const socket = await all.join({ ping_interval: 25, token_expires_in: life });
  const pings = () => socket.sent.filter(({ type }) => type === "ping").length;
  return { ...all, first: socket, pings };
}

/** Time passes, and no timer of ours runs. */
const sleep = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1_000);
const sign = (name: string) => globalThis.dispatchEvent(new Event(name));

describe("a wake-up", () => {
  it.each(["online", "pageshow", "offline"])(
    "by %s finds out whether the connection lives, within seconds",
    async (name) => {
      const { client, pings } = await joined();
      await vi.advanceTimersByTimeAsync(5_000);

      sign(name);
      expect(pings()).toBe(1);
      await vi.advanceTimersByTimeAsync(4_000);

      expect(client.getState().status).toBe("reconnecting");
    },
  );

  it("by a page that is shown again does so too", async () => {
    const { pings } = await joined();
    await vi.advanceTimersByTimeAsync(5_000);

    document.dispatchEvent(new Event("visibilitychange"));

    expect(pings()).toBe(1);
  });

  it("is none where the page is hidden", async () => {
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    const { pings } = await joined();
    await vi.advanceTimersByTimeAsync(5_000);

    document.dispatchEvent(new Event("visibilitychange"));

    expect(pings()).toBe(0);
  });

  it("keeps a connection that answers", async () => {
    const { client, first, sockets } = await joined();
    first.answer = ({ type }) => type === "ping" && first.say({ type: "pong" });
    await vi.advanceTimersByTimeAsync(5_000);

    sign("online");
    await vi.advanceTimersByTimeAsync(60_000);

    expect(sockets).toHaveLength(1);
    expect(client.getState().status).toBe("live");
  });

  it("does not ask a connection that has just been heard, however often", async () => {
    const { pings } = await joined();

    for (let n = 0; n < 100; n++) sign("online");

    expect(pings()).toBe(0);
  });

  it("tries at once where it waits", async () => {
    const { first, sockets } = await joined();
    first.end(1006);

    sign("online");
    await settle();

    expect(sockets).toHaveLength(2);
  });

  it("waits on where there is no network yet", async () => {
    const { first, sockets } = await joined();
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    first.end(1006);

    sign("pageshow");
    await settle();

    expect(sockets).toHaveLength(1);
  });

  it("waits on where the server has asked for a delay", async () => {
    const { first, sockets } = await joined();
    first.end(4100);

    sign("online");
    await settle();

    expect(sockets).toHaveLength(1);
  });
});

describe("a sleep", () => {
  it("is found by its clock, and the connection asked", async () => {
    const { first, pings } = await joined();
    first.answer = ({ type }) => type === "ping" && first.say({ type: "pong" });

    sleep(600);
    await vi.advanceTimersByTimeAsync(25_000);

    expect(pings()).toBe(1);
  });

  it("ends a connection that does not answer, within seconds", async () => {
    const { client } = await joined();

    sleep(600);
    await vi.advanceTimersByTimeAsync(29_000);

    expect(client.getState().status).toBe("reconnecting");
  });

  it("is no reason to end one whose answer waits to be heard", async () => {
    const { client, first } = await joined();
    sleep(600);
    await vi.advanceTimersByTimeAsync(25_000);

    first.say({ type: "pong" });
    await vi.advanceTimersByTimeAsync(5_000);

    expect(client.getState().status).toBe("live");
  });

  it("beyond the token's life comes back at once, with a fresh one", async () => {
    const { client, socket, sockets, getToken, join } = await joined(3_600);
    getToken.mockResolvedValue("fresh");

    sleep(7_200);
    sign("online");
    await vi.advanceTimersByTimeAsync(200);
    await join();

    expect(sockets).toHaveLength(2);
    expect(socket().sent[0]).toMatchObject({ token: "fresh" });
    expect(client.getState().status).toBe("live");
  });

  it("beyond the time for a new token asks for it", async () => {
    const { first, getToken } = await joined(3_600);
    first.answer = ({ type }) => type === "ping" && first.say({ type: "pong" });
    getToken.mockResolvedValue("fresh");

    sleep(3_000);
    await vi.advanceTimersByTimeAsync(25_000);

    expect(first.sent.at(-1)).toEqual({ type: "auth", token: "fresh" });
  });

  it("between opening and welcome starts anew", async () => {
    const { client, socket, sockets } = setUp();
    client.connect();
    await settle();
    socket().open();

    sleep(600);
    await vi.advanceTimersByTimeAsync(11_000);

    expect(sockets.length).toBeGreaterThan(1);
  });

  it("is not made of a clock that is set back, and does no harm", async () => {
    const { client, first, pings } = await joined();
    first.answer = ({ type }) => type === "ping" && first.say({ type: "pong" });

    sleep(-7_200);
    await vi.advanceTimersByTimeAsync(60_000);

    expect(client.getState().status).toBe("live");
    expect(pings()).toBeGreaterThanOrEqual(1);
  });
});
