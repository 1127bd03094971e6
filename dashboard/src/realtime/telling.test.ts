import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { change, ids, setUp } from "../../tests/memorySocket";
import type { Row } from "./types";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function joined() {
  const all = setUp();
  all.client.connect();
  const socket = await all.join();
  return { ...all, say: (message: Row | string) => socket.say(message) };
}

describe("an event", () => {
  it("is told once, also where it comes again much later", async () => {
    const { told, say } = await joined();

    for (let n = 0; n < 10_000; n++) say(change(`e${n}`));
    for (let n = 0; n < 10_000; n++) say(change(`e${n}`));

    expect(told).toHaveLength(10_000);
  });

  it("that comes again moves the position nowhere", async () => {
    const { client, say } = await joined();

    for (const id of ["e1", "e2", "e1"]) say(change(id));

    expect(client.getState().lastEventId).toBe("e2");
  });

  it("that is older than what was told of its submission is dropped, and passed", async () => {
    const { client, told, say } = await joined();

    say(change("e1", { version: "10" }));
    say(change("e2", { version: "9" }));
    say(change("e3", { version: "9", submission_id: "s-2" }));

    expect(ids(told)).toEqual(["e1", "e3"]);
    expect(client.getState().lastEventId).toBe("e3");
  });

  it("that is marked as stale is told, marked, and moves no version", async () => {
    const { told, say } = await joined();

    say(change("e1", { version: "10" }));
    say({ ...change("e2", { version: "99" }), stale: true });
    say(change("e3", { version: "11" }));

    expect(ids(told)).toEqual(["e1", "e2", "e3"]);
    expect(told[1]).toHaveProperty("data.stale", true);
  });

  it("of a mail is told, whatever the row's version", async () => {
    const { told, say } = await joined();
    const timestamp = "2026-11-23T11:00:00+00:00";
    const mail = { submission_id: "s-1", outcome: "new", recipient: null, reason: null };

    say(change("e1", { version: "2026-11-23T12:00:00+00:00" }));
    say({ type: "email_update", id: "m1", data: { ...mail, timestamp }, timestamp });

    expect(ids(told)).toEqual(["e1", "m1"]);
  });

  it("is told to all, also where one of them throws", async () => {
    const { client, say } = await joined();
    const last = vi.fn();
    client.subscribe(() => {
      throw new Error("a listener's own fault");
    });
    client.subscribe(last);

    say(change("e1"));

    expect(last).toHaveBeenCalledTimes(1);
    expect(() => vi.advanceTimersByTime(0)).toThrow("a listener's own fault");
  });

  it("is not told to who has stopped to listen", async () => {
    const { client, told, say } = await joined();
    const second = vi.fn();
    const stop = client.subscribe(second);
    client.subscribe(stop);

    say(change("e1"));
    say(change("e2"));

    expect(second).toHaveBeenCalledTimes(1);
    expect(told).toHaveLength(2);
  });
});

describe("a hostile frame", () => {
  it.each([
    "",
    "null",
    "[]",
    '{"type":"toString"}',
    '{"type":"welcome"}',
    '{"type":"submission_update"}',
    "[".repeat(100_000),
  ])("is ignored, and the next one heard", async (frame) => {
    const { client, told, say } = await joined();

    say(frame);
    say(change("e1"));

    expect(ids(told)).toEqual(["e1"]);
    expect(client.getState().status).toBe("live");
  });
});
