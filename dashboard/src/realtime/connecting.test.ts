import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { change, ids, setUp, settle } from "../../tests/memorySocket";
import { createClient } from "./client";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("connecting", () => {
  it("says who it is first, and never in the address", async () => {
    const { client, socket, join } = setUp({ filter: { status: "pending" }, maxRate: 2 });

    client.connect();
    await join();

    expect(socket().url).toBe("wss://host/ws/admin");
    expect(socket().sent).toEqual([
      { type: "auth", token: "t.t.t", filter: { status: "pending" }, max_rate: 2 },
    ]);
  });

  it("is live with the welcome", async () => {
    const { client, socket, join } = setUp();

    expect(client.getState().status).toBe("idle");
    client.connect();
    await settle();
    socket().open();
    expect(client.getState().status).toBe("connecting");

    await join();
    expect(client.getState()).toMatchObject({ status: "live", attempt: 0, reason: null });
  });

  it("opens one socket however often it is asked to", async () => {
    const { client, sockets, join } = setUp();

    client.connect();
    client.connect();
    await join();
    client.connect();
    await settle();

    expect(sockets).toHaveLength(1);
  });

  it("goes on after the last event", async () => {
    const { client, socket, join } = setUp();
    client.connect();
    await join();
    socket().say(change("e1"));
    socket().say(change("e2"));

    socket().end(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    await join();

    expect(socket().sent[0]).toMatchObject({ since: "e2" });
  });

  it("goes on after the event that it is given", async () => {
    const { client, socket, join } = setUp({ since: "e7" });

    client.connect();
    await join();

    expect(socket().sent[0]).toMatchObject({ since: "e7" });
  });

  it("goes on from the welcome's event where nothing came since", async () => {
    const { client, socket, join } = setUp();
    client.connect();
    await join({ recovered: false, last_event_id: "e5" });

    socket().end(4202);
    await vi.advanceTimersByTimeAsync(1_000);
    await join();

    expect(socket().sent[0]).toMatchObject({ since: "e5" });
  });

  it("tells that something is missing where it cannot be told", async () => {
    const { client, told, socket, join } = setUp({ since: "e1" });

    client.connect();
    await join({ recovered: false, last_event_id: "e5" });
    socket().say(change("e6"));

    expect(ids(told)).toEqual(["gap", "e6"]);
  });

  it("misses nothing where it comes for the first time", async () => {
    const { client, told, join } = setUp();

    client.connect();
    await join({ recovered: false, last_event_id: "e5" });

    expect(told).toEqual([]);
  });

  it("says so where it missed the first events that there ever were", async () => {
    const { client, told, socket, join } = setUp();
    client.connect();
    await join({ recovered: false, last_event_id: null });

    socket().end(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    await join({ recovered: false, last_event_id: "e2" });

    expect(ids(told)).toEqual(["gap"]);
  });

  it("sends a filter at once, and with the next connection", async () => {
    const { client, socket, join } = setUp();
    client.connect();
    const first = await join();

    client.setFilter({ status: "approved" });
    socket().end(4202);
    await vi.advanceTimersByTimeAsync(1_000);
    await join();

    expect(first.sent.at(-1)).toEqual({ type: "filter", status: "approved" });
    expect(socket().sent[0]).toMatchObject({ filter: { status: "approved" } });
  });

  it("sends only where it is live", async () => {
    const { client, socket, join } = setUp();

    expect(client.send({ type: "ping" })).toBe(false);
    client.connect();
    await join();
    expect(client.send({ type: "ping" })).toBe(true);
    socket().end(1006);

    expect(client.send({ type: "ping" })).toBe(false);
  });

  it("ends for good where the address is none", async () => {
    const none = function () {
      throw new SyntaxError("no address");
    };
    const { client } = setUp({ WebSocket: none as unknown as typeof WebSocket });

    client.connect();
    await settle();

    expect(client.getState().status).toBe("closed");
  });

  it("says at once that there is no WebSocket", () => {
    vi.stubGlobal("WebSocket", undefined);
    const make = () => createClient({ url: "", getToken: () => Promise.resolve(null) });

    expect(make).toThrow("no WebSocket");
    vi.unstubAllGlobals();
  });
});
