import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { change, setUp, settle } from "../../tests/memorySocket";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("closing", () => {
  it("leaves no socket, timer or listener behind", async () => {
    const added = vi.spyOn(globalThis, "addEventListener");
    const removed = vi.spyOn(globalThis, "removeEventListener");
    const { client, told, join } = setUp();
    client.connect();
    const socket = await join();

    client.close();
    socket.say(change("e1"));
    socket.end(1000);

    expect(socket.readyState).toBe(3);
    expect(told).toEqual([]);
    expect(client.getState().status).toBe("idle");
    expect(removed.mock.calls.map(([name]) => name)).toEqual(
      added.mock.calls.map(([name]) => name),
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  it("while it connects opens nothing any more", async () => {
    const { client, sockets } = setUp();

    client.connect();
    client.close();
    await settle();

    expect(sockets).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("and connecting again is one connection, from the last event", async () => {
    const { client, socket, sockets, join } = setUp();
    client.connect();
    await join();
    socket().say(change("e1"));

    client.close();
    client.connect();
    await join();

    expect(sockets).toHaveLength(2);
    expect(socket().sent[0]).toMatchObject({ since: "e1" });
  });

  it("by who is told of the change is heard at once", async () => {
    const { client, sockets } = setUp();
    client.onState(() => client.close());

    client.connect();
    await settle();

    expect(sockets).toHaveLength(0);
    expect(client.getState().status).toBe("idle");
  });
});
