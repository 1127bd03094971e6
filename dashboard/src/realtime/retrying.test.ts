import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setUp, settle } from "../../tests/memorySocket";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const minute = () => vi.advanceTimersByTimeAsync(60_000);

async function ended(code: number, options: Parameters<typeof setUp>[0] = {}) {
  const all = setUp(options);
  all.client.connect();
  const socket = await all.join();
  socket.end(code, "because");
  return all;
}

describe("after the end of a connection", () => {
  it.each([4000, 4001, 4003, 4004, 4099])("by %i it never comes back", async (code) => {
    const { client, sockets } = await ended(code);

    await minute();

    expect(sockets).toHaveLength(1);
    expect(client.getState()).toMatchObject({
      status: "closed",
      nextTryAt: null,
      reason: { code, reason: "because" },
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("for ever, it comes back where it is asked to connect again", async () => {
    const { client, join } = await ended(4001);

    client.connect();
    await join();

    expect(client.getState()).toMatchObject({ status: "live", reason: null });
  });

  it.each([4100, 4101, 4150])("by %i it comes back after seconds", async (code) => {
    const { sockets } = await ended(code);

    await vi.advanceTimersByTimeAsync(5_000);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);

    expect(sockets).toHaveLength(2);
  });

  it.each([4200, 4201, 4202, 4250])("by %i it comes back at once", async (code) => {
    const { sockets } = await ended(code);

    await vi.advanceTimersByTimeAsync(200);

    expect(sockets).toHaveLength(2);
  });

  it.each([1000, 1001, 1006, 1007, 1009, 1011, 1012, 1013, 4300, 4999])(
    "by %i it backs off",
    async (code) => {
      const { client, sockets } = await ended(code);

      expect(client.getState()).toMatchObject({
        status: "reconnecting",
        attempt: 1,
        nextTryAt: Date.now() + 500,
      });
      await vi.advanceTimersByTimeAsync(499);
      expect(sockets).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);

      expect(sockets).toHaveLength(2);
    },
  );

  it("it waits up to the double with each failure", async () => {
    const { client, socket, sockets } = await ended(1006);
    const waits: number[] = [];

    for (let n = 0; n < 7; n++) {
      const { nextTryAt } = client.getState();
      waits.push((nextTryAt ?? 0) - Date.now());
      await vi.advanceTimersByTimeAsync(waits[n] ?? 0);
      socket().end(1006);
    }

    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(sockets).toHaveLength(8);
  });

  it("it does not hammer a server that always says that it is going away", async () => {
    const { sockets, join } = await ended(4202);

    for (let second = 0; second < 60; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      if (sockets.at(-1)?.readyState === 0) (await join()).end(4202);
    }

    expect(sockets.length).toBeLessThan(12);
  });

  it("it begins anew where the connection had lasted", async () => {
    const { client, socket, join } = await ended(1006);
    await vi.advanceTimersByTimeAsync(500);
    socket().end(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    await join();
    await vi.advanceTimersByTimeAsync(10_000);

    socket().end(1006);

    expect(client.getState().attempt).toBe(1);
  });

  it("it gives up on a socket that does not open", async () => {
    const { client, socket } = setUp();
    client.connect();
    await settle();

    await vi.advanceTimersByTimeAsync(10_000);

    expect(socket().readyState).toBe(3);
    expect(client.getState().status).toBe("reconnecting");
  });

  it("it gives up on a server that does not welcome it", async () => {
    const { client, socket } = setUp();
    client.connect();
    await settle();
    socket().open();
    socket().say({ type: "error", code: "bad_message", message: "not the end of it" });

    await vi.advanceTimersByTimeAsync(20_000);

    expect(socket().readyState).toBe(3);
    expect(client.getState().reason).toEqual({ code: 1006, reason: "no welcome" });
  });

  it("it ignores what an old socket still says", async () => {
    const { client, sockets, join } = await ended(4202);
    await vi.advanceTimersByTimeAsync(200);
    await join();

    sockets[0]?.end(4001);
    sockets[0]?.welcome();

    expect(client.getState().status).toBe("live");
  });

  it("it tries at once where it is told to", async () => {
    const { client, sockets } = await ended(4100);

    client.retryNow();
    await settle();

    expect(sockets).toHaveLength(2);
    expect(client.getState().nextTryAt).toBeNull();
  });
});

describe("without a network", () => {
  it("no try counts, and one is made now and then", async () => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    const { client, sockets, socket } = await ended(1006);

    for (let n = 0; n < 10; n++) {
      await vi.advanceTimersByTimeAsync(30_000);
      socket().end(1006);
    }

    expect(sockets).toHaveLength(11);
    expect(client.getState().attempt).toBe(0);
  });

  it("it connects all the same where it is asked to: the server may be this machine", async () => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    const { client, join } = setUp();

    client.connect();
    await join();

    expect(client.getState().status).toBe("live");
  });
});
