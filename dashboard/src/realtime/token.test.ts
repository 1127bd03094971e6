import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setUp, settle, type MemorySocket } from "../../tests/memorySocket";
import type { ClientOptions } from "./types";

type GetToken = ClientOptions["getToken"];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const tokens = (socket: MemorySocket) =>
  socket.sent.filter(({ type }) => type === "auth").map(({ token }) => token);

/** A socket that is heard often enough, so that only tokens are the matter. */
async function pass(socket: MemorySocket, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 20) {
    socket.say({ type: "pong" });
    await vi.advanceTimersByTimeAsync(Math.min(left, 20) * 1_000);
  }
}

function numbered() {
  let made = 0;
  return vi.fn(() => Promise.resolve<string | null>(`t${++made}`));
}

describe("a token", () => {
  it("is asked for before each connection", async () => {
    const { client, socket, join } = setUp({ getToken: numbered() });
    client.connect();
    await join();

    socket().end(4200);
    await vi.advanceTimersByTimeAsync(200);
    await join();

    expect(tokens(socket())).toEqual(["t2"]);
  });

  it("is renewed in place after 80 % of its life", async () => {
    const getToken = numbered();
    const { client, sockets, join } = setUp({ getToken });
    client.connect();
    const socket = await join({ token_expires_in: 1_000 });

    await pass(socket, 799);
    expect(tokens(socket)).toEqual(["t1"]);
    await pass(socket, 2);

    expect(getToken.mock.calls).toEqual([[], []]);
    expect(tokens(socket)).toEqual(["t1", "t2"]);
    expect(socket.sent.at(-1)).toEqual({ type: "auth", token: "t2" });
    expect(sockets).toHaveLength(1);
  });

  it.each([
    [0, 750],
    [0.999, 849],
  ])("is not renewed by all at the same moment: %f, %i s", async (random, seconds) => {
    const { client, join } = setUp({ getToken: numbered(), random: () => random });
    client.connect();
    const socket = await join({ token_expires_in: 1_000 });

    await pass(socket, seconds - 1);
    expect(tokens(socket)).toHaveLength(1);
    await pass(socket, 2);

    expect(tokens(socket)).toHaveLength(2);
  });

  it("that was renewed is renewed again, and moves no position", async () => {
    const { client, join } = setUp({ getToken: numbered(), since: "e1" });
    client.connect();
    const socket = await join({ token_expires_in: 1_000 });

    await pass(socket, 801);
    socket.welcome({ token_expires_in: 1_000, recovered: false, last_event_id: "e9" });
    await pass(socket, 801);

    expect(tokens(socket)).toEqual(["t1", "t2", "t3"]);
    expect(client.getState().lastEventId).toBe("e1");
  });

  it("that is still the old one is not sent, and asked for again before its end", async () => {
    const getToken = numbered();
    const { client, join } = setUp({ getToken });
    getToken.mockResolvedValueOnce("old").mockResolvedValueOnce("old");
    client.connect();
    const socket = await join({ token_expires_in: 1_000 });

    await pass(socket, 801);
    expect(tokens(socket)).toEqual(["old"]);
    await pass(socket, 165);

    expect(tokens(socket)).toEqual(["old", "t1"]);
  });

  it("that cannot be had is asked for again while the old one holds", async () => {
    const getToken = numbered();
    const { client, join } = setUp({ getToken });
    client.connect();
    const socket = await join({ token_expires_in: 1_000 });

    getToken.mockRejectedValueOnce(new Error("no network"));
    await pass(socket, 801);
    expect(tokens(socket)).toEqual(["t1"]);
    await pass(socket, 165);

    expect(tokens(socket)).toEqual(["t1", "t2"]);
  });

  it("that the gateway cannot check now is sent again", async () => {
    const { client, told, join } = setUp({ getToken: numbered() });
    client.connect();
    const socket = await join({ token_expires_in: 1_000 });

    await pass(socket, 801);
    socket.say({ type: "error", code: "bad_message", message: "send it again" });
    await pass(socket, 165);

    expect(tokens(socket)).toEqual(["t1", "t2", "t3"]);
    expect(told.at(-1)).toMatchObject({ type: "error" });
  });

  it.each([
    ["is refused", () => Promise.reject(new Error("Bearer t.t.t"))],
    ["is none", () => Promise.resolve(null)],
    ["is empty", () => Promise.resolve("")],
    [
      "throws",
      () => {
        throw new Error("at once");
      },
    ],
  ])("that %s opens no socket, and is asked for again", async (_, first) => {
    const getToken = numbered();
    getToken.mockImplementationOnce(first);
    const { client, sockets, join } = setUp({ getToken });

    client.connect();
    await settle();
    expect(sockets).toHaveLength(0);
    expect(client.getState().reason).toEqual({ code: 0, reason: "no token" });
    await vi.advanceTimersByTimeAsync(500);
    await join();

    expect(client.getState().status).toBe("live");
  });

  it("that never comes is asked for again", async () => {
    const getToken = numbered();
    getToken.mockImplementationOnce(() => new Promise(() => undefined));
    const { client, join } = setUp({ getToken });

    client.connect();
    await vi.advanceTimersByTimeAsync(15_500);
    await join();

    expect(client.getState().status).toBe("live");
  });

  it("that comes back the same twice is said to be no good any more", async () => {
    const getToken = vi.fn((refused?: string) =>
      Promise.resolve<string | null>(refused === "old" ? "new" : "old"),
    );
    const { client, join } = setUp({ getToken });
    client.connect();
    const socket = await join({ token_expires_in: 1_000 });

    await pass(socket, 801);
    await pass(socket, 165);

    expect(getToken.mock.calls).toEqual([[], [], ["old"]]);
    expect(tokens(socket)).toEqual(["old", "new"]);
  });

  it("that the gateway calls expired is renewed before the next try, and only then", async () => {
    // As with a clock that is behind: by that the first one is still good.
    let current = "t1";
    const getToken = vi.fn((refused?: string) => {
      if (refused === current) current = "t2";
      return Promise.resolve<string | null>(current);
    });
    const { client, socket, join } = setUp({ getToken });
    client.connect();
    await settle();
    socket().open();

    socket().end(4200, "token expired");
    await vi.advanceTimersByTimeAsync(200);
    await join();
    socket().end(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    await join();

    expect(getToken.mock.calls).toEqual([[], ["t1"], []]);
    expect(tokens(socket())).toEqual(["t2"]);
  });

  it("that cannot be renewed just now is still to be renewed at the next try", async () => {
    const getToken = vi.fn<GetToken>(() => Promise.resolve("t1"));
    const { client, socket, join } = setUp({ getToken });
    client.connect();
    await join();

    getToken.mockRejectedValueOnce(new Error("no network"));
    socket().end(4200, "token expired");
    await vi.advanceTimersByTimeAsync(200);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(getToken.mock.calls).toEqual([[], ["t1"], ["t1"]]);
  });

  it("that stays expired is no busy loop", async () => {
    const getToken = vi.fn<GetToken>(() => Promise.resolve("t1"));
    const { client, sockets } = setUp({ getToken });
    client.connect();

    for (let second = 0; second < 600; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      if (sockets.at(-1)?.readyState === 0) {
        sockets.at(-1)?.open();
        sockets.at(-1)?.end(4200, "token expired");
      }
    }

    expect(sockets.length).toBeLessThan(50);
  });

  it.each([0, -5, 1e12])("whose life is said to be %d s is no busy loop", async (life) => {
    const getToken = numbered();
    const { client, join } = setUp({ getToken });
    client.connect();
    const socket = await join({ token_expires_in: life });

    await pass(socket, 10);

    expect(getToken.mock.calls.length).toBeLessThan(15);
  });
});
