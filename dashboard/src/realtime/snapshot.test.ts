import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { change, ids, setUp, settle } from "../../tests/memorySocket";
import { MOST_HELD } from "./client";
import type { Snapshot } from "./types";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const time = (second: number) => `2026-11-23T12:00:0${second}+00:00`;
const page = (asOf: string | null, second = 0): Snapshot => ({
  rows: [{ id: "s-1", status: "pending", updated_at: time(second) }],
  asOf,
});

/** A loader that answers when the test says so. */
function loader() {
  const asked: { answer: (snapshot: Snapshot) => void; fail: () => void }[] = [];
  const loadSnapshot = vi.fn<(signal: AbortSignal) => Promise<Snapshot>>(
    () =>
      new Promise((answer, reject) => {
        asked.push({ answer, fail: () => reject(new Error("503")) });
      }),
  );
  return { asked, loadSnapshot };
}

describe("a snapshot", () => {
  it("comes first, and the socket goes on from it", async () => {
    const { asked, loadSnapshot } = loader();
    const { client, told, sockets, socket, join } = setUp({ loadSnapshot });

    client.connect();
    await settle();
    expect(sockets).toHaveLength(0);
    asked[0]?.answer(page("e3"));
    await join();
    socket().say(change("e4"));

    expect(socket().sent[0]).toMatchObject({ since: "e3" });
    expect(ids(told)).toEqual(["snapshot", "e4"]);
  });

  it("is not fetched where the client knows where to go on", async () => {
    const { loadSnapshot } = loader();
    const { client, socket, join } = setUp({ loadSnapshot, since: "e3" });

    client.connect();
    await join();
    socket().end(4202);
    await vi.advanceTimersByTimeAsync(500);
    await join();

    expect(loadSnapshot).not.toHaveBeenCalled();
  });

  async function notRecovered() {
    const { asked, loadSnapshot } = loader();
    const all = setUp({ loadSnapshot, since: "e1" });
    all.client.connect();
    await all.join({ recovered: false, last_event_id: "e5" });
    return { ...all, asked, loadSnapshot };
  }

  it("is fetched where what was missed cannot be told; what comes meanwhile, after it", async () => {
    const { told, client, socket, asked } = await notRecovered();

    socket().say(change("e6"));
    socket().say(change("e7"));
    expect(told).toEqual([]);
    expect(client.getState().status).not.toBe("live");
    asked[0]?.answer(page("e6"));
    await settle();
    socket().say(change("e8"));

    expect(ids(told)).toEqual(["snapshot", "e6", "e7", "e8"]);
    expect(client.getState()).toMatchObject({ status: "live", lastEventId: "e8" });
  });

  it("is not overwritten by what it holds already", async () => {
    const { told, socket, asked } = await notRecovered();

    socket().say(change("e6", { version: time(1) }));
    socket().say(change("e7", { version: time(3) }));
    asked[0]?.answer(page("e6", 2));
    await settle();

    expect(ids(told)).toEqual(["snapshot", "e7"]);
  });

  it("is right after the welcome's event where nothing came meanwhile", async () => {
    const { client, asked } = await notRecovered();

    asked[0]?.answer(page("e5"));
    await settle();

    expect(client.getState().lastEventId).toBe("e5");
  });

  it("is fetched anew, before all else, where the connection ends meanwhile", async () => {
    const { told, socket, asked, loadSnapshot, join } = await notRecovered();
    socket().say(change("e6"));
    socket().end(1006);

    asked[0]?.answer(page("e5"));
    await vi.advanceTimersByTimeAsync(500);
    expect(told).toEqual([]);
    asked[1]?.answer(page("e7"));
    await join();

    expect(loadSnapshot.mock.calls[0]?.[0].aborted).toBe(true);
    expect(socket().sent[0]).toMatchObject({ since: "e7" });
    expect(ids(told)).toEqual(["snapshot"]);
  });

  it("that fails is tried again, and nothing is told meanwhile", async () => {
    const { told, client, socket, asked, join } = await notRecovered();
    socket().say(change("e6"));

    asked[0]?.fail();
    await settle();
    expect(client.getState().reason).toEqual({ code: 0, reason: "no snapshot" });
    await vi.advanceTimersByTimeAsync(500);
    asked[1]?.answer(page("e6"));
    await join();

    expect(ids(told)).toEqual(["snapshot"]);
  });

  it("that never comes is given up, and tried again", async () => {
    const { loadSnapshot } = await notRecovered();

    await vi.advanceTimersByTimeAsync(26_000); // asked for a pong, which is not the matter
    await vi.advanceTimersByTimeAsync(5_000);

    expect(loadSnapshot.mock.calls[0]?.[0].aborted).toBe(true);
    expect(loadSnapshot).toHaveBeenCalledTimes(2);
  });

  it("that is none is tried again", async () => {
    const { client, asked } = await notRecovered();

    asked[0]?.answer({ rows: null, asOf: null } as unknown as Snapshot);
    await settle();

    expect(client.getState().status).toBe("reconnecting");
  });

  it("is fetched anew where too much comes meanwhile", async () => {
    const { told, client, socket, asked, join } = await notRecovered();

    for (let n = 0; n <= MOST_HELD; n++) socket().say(change(`f${n}`));
    expect(client.getState().reason?.reason).toBe("too much to hold");
    await vi.advanceTimersByTimeAsync(500);
    asked[1]?.answer(page("f10000"));
    await join();

    expect(ids(told)).toEqual(["snapshot"]);
  });

  it("of a system in which nothing has happened yet leaves no gap", async () => {
    const { asked, loadSnapshot } = loader();
    const { client, told, socket, join } = setUp({ loadSnapshot });
    client.connect();
    await settle();
    asked[0]?.answer(page(null));
    await join({ recovered: false });

    socket().say(change("e1"));
    asked[1]?.answer(page("e1"));
    await settle();

    expect(ids(told)).toEqual(["snapshot", "snapshot", "e1"]);
  });

  it("is followed by nothing where its listener leaves", async () => {
    const { client, told, socket, asked } = await notRecovered();
    client.subscribe(() => client.close());

    socket().say(change("e6"));
    asked[0]?.answer(page("e5"));
    await settle();

    expect(ids(told)).toEqual(["snapshot"]);
    expect(client.getState().status).toBe("idle");
  });
});
