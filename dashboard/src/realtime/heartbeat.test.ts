import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { change, setUp, settle } from "../../tests/memorySocket";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function joined() {
  const all = setUp();
  all.client.connect();
  const socket = await all.join({ ping_interval: 10 });
  const pings = () => socket.sent.filter(({ type }) => type === "ping").length;
  return { ...all, first: socket, pings };
}

describe("the heartbeat", () => {
  it("asks where nothing was heard for the interval", async () => {
    const { pings } = await joined();

    await vi.advanceTimersByTimeAsync(9_999);
    expect(pings()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);

    expect(pings()).toBe(1);
  });

  it("does not ask where there is news", async () => {
    const { first, pings } = await joined();

    for (let n = 0; n < 10; n++) {
      await vi.advanceTimersByTimeAsync(6_000);
      first.say(change(`e${n}`));
    }

    expect(pings()).toBe(0);
  });

  it("goes on where it is answered", async () => {
    const { client, first, pings } = await joined();
    first.answer = ({ type }) => type === "ping" && first.say({ type: "pong" });

    await vi.advanceTimersByTimeAsync(60_000);

    expect(pings()).toBe(6);
    expect(client.getState().status).toBe("live");
  });

  it("takes any frame as an answer, even one that it does not understand", async () => {
    const { client, first } = await joined();
    first.answer = () => first.say("?");

    await vi.advanceTimersByTimeAsync(60_000);

    expect(client.getState().status).toBe("live");
  });

  it("leaves a connection that is silent for two and a half intervals", async () => {
    const { client, first } = await joined();

    await vi.advanceTimersByTimeAsync(24_999);
    expect(client.getState().status).toBe("live");
    await vi.advanceTimersByTimeAsync(1);

    expect(first.readyState).toBe(3);
    expect(client.getState()).toMatchObject({
      status: "reconnecting",
      reason: { code: 1006, reason: "no answer" },
    });
  });

  it("is no busy loop where the server names a silly interval", async () => {
    const { client, join } = setUp();
    client.connect();
    const socket = await join({ ping_interval: -1 });
    socket.answer = ({ type }) => type === "ping" && socket.say({ type: "pong" });

    await vi.advanceTimersByTimeAsync(1_000);

    expect(socket.sent.length).toBeLessThan(13);
  });
});

describe("what is known of the connection", () => {
  it("is the same object until something changes", async () => {
    const { client, first } = await joined();
    const before = client.getState();

    expect(client.getState()).toBe(before);
    first.say({ type: "pong" });

    expect(client.getState()).not.toBe(before);
  });

  it("says when something was heard last, and since when it holds", async () => {
    const { client, first } = await joined();
    const { since } = client.getState();

    await vi.advanceTimersByTimeAsync(3_000);
    first.say({ type: "pong" });

    expect(client.getState()).toMatchObject({ heardAt: since + 3_000, since });
  });

  it("is not told with each of many messages", async () => {
    const { client, first } = await joined();
    await vi.advanceTimersByTimeAsync(2_000);
    const listener = vi.fn();
    client.onState(listener);

    for (let n = 0; n < 200; n++) first.say(change(`e${n}`));

    expect(listener).toHaveBeenCalledTimes(1);
    expect(client.getState().lastEventId).toBe("e199");
  });

  it("is told no more to who has stopped to listen", async () => {
    const { client, first } = await joined();
    const listener = vi.fn();
    client.onState(listener)();

    first.end(1006);
    await settle();

    expect(listener).not.toHaveBeenCalled();
  });
});
