import { act, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fakeClient, mailOf, updateOf } from "../../../tests/fakes";
import type { FakeClient } from "../../../tests/fakes";
import type { Message, Snapshot } from "@/realtime/types";
import { MOST_HELD, SNAPSHOT_DEADLINE } from "./reader";
import { createRegistry } from "./registry";
import type { Registry } from "./registry";
import { useWebSocket } from "./useWebSocket";
import type { WebSocketOptions } from "./useWebSocket";

let clients: FakeClient[];
let registry: Registry;
const client = (): FakeClient => clients[0] as FakeClient;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  clients = [];
  registry = createRegistry((options) => {
    clients.push(fakeClient(options));
    return clients.at(-1) as FakeClient;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const settle = (milliseconds = 0) => act(() => vi.advanceTimersByTimeAsync(milliseconds));
const live = async () => {
  act(() => client().become({ status: "live" }));
  await settle();
};
const tell = (...messages: Message[]) =>
  act(() => messages.forEach((message) => client().tell(message)));
const second = (n: number) => `2026-11-23T12:00:0${n}+00:00`;
const page = (asOf: string | null, n = 0): Snapshot => ({
  rows: [{ id: "s-1", status: "pending", updated_at: second(n) }],
  asOf,
});
const event = (id: string, n: number): Message => ({
  ...updateOf({ version: second(n) }),
  id,
});

/** A hook that shows a snapshot, which comes when the test says so. */
function shown(options: Partial<WebSocketOptions> = {}) {
  const told: string[] = [];
  const asked: { answer: (snapshot: Snapshot) => void; fail: () => void }[] = [];
  const signals: AbortSignal[] = [];
  const onSnapshotFailed = vi.fn();
  const onConnectionChange = vi.fn();
  const hook = renderHook(
    () =>
      useWebSocket("wss://edge.test/ws/admin", {
        getToken: () => Promise.resolve("token"),
        registry,
        onSnapshotFailed,
        onConnectionChange,
        onMessage: (message) => told.push("id" in message ? message.id : message.type),
        loadSnapshot: (signal) =>
          new Promise((answer, reject) => {
            signals.push(signal);
            asked.push({ answer, fail: () => reject(new Error("503")) });
          }),
        ...options,
      }),
    { wrapper: StrictMode },
  );
  const answer = async (snapshot: Snapshot) => {
    asked.at(-1)?.answer(snapshot);
    await settle();
  };
  return { ...hook, told, asked, answer, signals, onSnapshotFailed, onConnectionChange };
}

/** A hook that hears the room alone. */
function heard() {
  const told: string[] = [];
  const onMessage = (message: Message) =>
    told.push("id" in message ? message.id : message.type);
  return {
    told,
    ...renderHook(
      () =>
        useWebSocket("wss://edge.test/ws/admin", {
          getToken: () => Promise.resolve("token"),
          registry,
          onMessage,
        }),
      { wrapper: StrictMode },
    ),
  };
}

it("is asked for once, after the socket has joined; what comes meanwhile follows it", async () => {
  const { result, told, asked, answer } = shown();
  await settle();
  expect(asked).toHaveLength(0);
  await live();
  expect(asked).toHaveLength(1);
  expect(result.current.connectionStatus).toBe("connecting");
  tell(event("e1", 1), event("e2", 3));
  expect(told).toEqual([]);
  await answer(page("e0", 2));
  tell(event("e3", 4));
  expect(told).toEqual(["snapshot", "e2", "e3"]);
  expect(result.current.isConnected).toBe(true);
});

it("comes to each who wants one, over one socket, whenever they come", async () => {
  const one = heard();
  await live();
  tell(event("e1", 1));
  const first = shown();
  await settle();
  tell(event("e2", 2));
  await first.answer(page("e2", 2));
  const late = shown();
  await settle();
  tell(event("e3", 3));
  await late.answer(page("e3", 3));
  tell(event("e4", 4));

  expect(clients).toHaveLength(1);
  expect(one.told).toEqual(["e1", "e2", "e3", "e4"]);
  expect(first.told).toEqual(["snapshot", "e3", "e4"]);
  expect(late.told).toEqual(["snapshot", "e4"]);
});

it("that is older than what the socket told before is made up for", async () => {
  heard();
  await live();
  tell(event("e1", 1), event("e2", 2), { ...mailOf(), id: "m1" });
  const late = shown();
  await settle();
  await late.answer(page("e1", 1));
  expect(late.told).toEqual(["snapshot", "e2", "m1"]);
});

it("of a reader that comes while the socket is away waits for its return", async () => {
  heard();
  await live();
  act(() => client().become({ status: "reconnecting" }));
  const late = shown();
  await settle();
  await late.answer(page("e1", 1));
  expect(late.told).toEqual(["snapshot"]);
  expect(late.result.current.isConnected).toBe(false);
  // What was missed is told by the socket; the rows may be older than that.
  await live();
  expect(late.asked).toHaveLength(2);
  tell(event("e2", 2));
  await late.answer(page("e1", 1));
  expect(late.told).toEqual(["snapshot", "snapshot", "e2"]);
  expect(late.result.current.isConnected).toBe(true);
});

it("is not fetched again where the socket resumes, and is where it cannot", async () => {
  const { told, asked, answer, result } = shown();
  const other = heard();
  await live();
  await answer(page("e0", 0));
  act(() => client().become({ status: "reconnecting" }));
  await live();
  tell(event("e1", 1));
  expect(asked).toHaveLength(1);
  expect(result.current.isConnected).toBe(true);

  act(() => client().become({ status: "reconnecting" }));
  await live();
  tell({ type: "gap" });
  tell(event("e5", 5));
  await settle();
  expect(result.current.connectionStatus).toBe("reconnecting");
  await answer(page("e4", 4));
  expect(told).toEqual(["snapshot", "e1", "snapshot", "e5"]);
  expect(other.told).toEqual(["e1", "gap", "e5"]);
});

it("that fails is told, tried again, and harms nobody else", async () => {
  const other = heard();
  const { result, told, asked, answer, onSnapshotFailed } = shown();
  await live();
  asked.at(-1)?.fail();
  await settle();
  expect(onSnapshotFailed).toHaveBeenCalledOnce();
  expect(result.current.connection).toMatchObject({
    status: "reconnecting",
    attempt: 1,
    reason: { code: 0, reason: "no snapshot" },
    nextTryAt: Date.now() + 1_000,
  });
  expect(other.result.current.isConnected).toBe(true);
  tell(event("e1", 1));
  await settle(1_000);
  await answer(page("e0", 0));
  expect(told).toEqual(["snapshot", "e1"]);
  expect(result.current.isConnected).toBe(true);
});

it("that takes too long has failed, and can be asked for at once", async () => {
  const { result, asked, signals, onSnapshotFailed } = shown();
  await live();
  await settle(SNAPSHOT_DEADLINE);
  expect(signals[0]?.aborted).toBe(true);
  expect(onSnapshotFailed).toHaveBeenCalledOnce();
  act(() => result.current.retryNow());
  await settle();
  expect(asked).toHaveLength(2);
});

it("that is none is tried again", async () => {
  const { answer, asked, onSnapshotFailed } = shown();
  await live();
  await answer({ rows: null, asOf: null } as unknown as Snapshot);
  expect(onSnapshotFailed).toHaveBeenCalledOnce();
  await settle(1_000);
  expect(asked).toHaveLength(2);
});

it("is shown where no socket can be had, and asked for anew once there is one", async () => {
  const { told, asked, answer, result } = shown();
  act(() => client().become({ status: "reconnecting" }));
  await settle();
  await answer(page("e0"));
  expect(told).toEqual(["snapshot"]);
  expect(result.current.connectionStatus).toBe("reconnecting");
  await live();
  expect(asked).toHaveLength(2);
});

it("is asked for anew where too much comes meanwhile", async () => {
  const { told, answer, asked } = shown();
  await live();
  for (let n = 0; n <= MOST_HELD; n += 1) client().tell({ ...mailOf(), id: `m${n}` });
  await settle(1_000);
  expect(asked).toHaveLength(2);
  await answer(page("m10000"));
  expect(told).toEqual(["snapshot"]);
});

it("is left alone by who leaves", async () => {
  const { unmount, signals, told, answer } = shown();
  await live();
  unmount();
  expect(signals[0]?.aborted).toBe(true);
  await answer(page("e0"));
  await settle(60_000);
  expect(told).toEqual([]);
  expect(client().isClosed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it("is told as the last message, and its connection as one that has come", async () => {
  const { result, rerender, answer, onConnectionChange } = shown();
  await live();
  expect(onConnectionChange).not.toHaveBeenCalled();
  rerender();
  expect(result.current.lastMessage).toBeNull();
  await answer(page("e0"));
  expect(result.current.lastMessage).toMatchObject({ type: "snapshot" });
  expect(onConnectionChange.mock.calls).toEqual([[true, "connected"]]);
});
