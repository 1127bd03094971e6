import { act, render, renderHook, screen } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fakeClient, updateOf } from "../../../tests/fakes";
import type { FakeClient } from "../../../tests/fakes";
import { createRegistry } from "./registry";
import type { Registry } from "./registry";
import { useWebSocket } from "./useWebSocket";
import type { WebSocketOptions } from "./useWebSocket";

const URL = "wss://edge.test/ws/admin";
let clients: FakeClient[];
let registry: Registry;
const only = (): FakeClient => {
  expect(clients).toHaveLength(1);
  return clients[0] as FakeClient;
};

beforeEach(() => {
  vi.useFakeTimers();
  clients = [];
  registry = createRegistry((options) => {
    const client = fakeClient(options);
    clients.push(client);
    return client;
  });
});
afterEach(() => vi.useRealTimers());

function hook(options: Partial<WebSocketOptions> = {}) {
  const getToken = () => Promise.resolve("token");
  return renderHook(
    (changed: Partial<WebSocketOptions>) =>
      useWebSocket(URL, { getToken, registry, ...options, ...changed }),
    { wrapper: StrictMode, initialProps: {} },
  );
}

it("opens one socket though StrictMode mounts twice", () => {
  hook();
  expect(only().options.url).toBe(URL);
  act(() => void vi.advanceTimersByTime(60_000));
  expect(only().isClosed).toBe(false);
});

it("shares one socket among all who name its address", () => {
  const first = hook();
  const second = hook();
  act(() => only().become({ status: "live" }));
  expect([first, second].map(({ result }) => result.current.isConnected)).toEqual([
    true,
    true,
  ]);
});

it.each<[string, Partial<WebSocketOptions>]>([
  ["another person", { owner: "ben" }],
  ["who wants to hear less", { owner: "ada", filter: { status: "pending" } }],
  ["who wants to hear it slower", { owner: "ada", maxRate: 1 }],
])("gives %s another socket", (_, options) => {
  hook({ owner: "ada" });
  hook(options);
  expect(clients).toHaveLength(2);
});

it("asks the token of somebody who is still there, and hands on which was refused", async () => {
  const [gone, there] = [vi.fn(), vi.fn(() => Promise.resolve("there"))];
  const first = hook({ getToken: gone });
  hook({ getToken: there });
  first.unmount();
  await expect(only().options.getToken("old")).resolves.toBe("there");
  expect(there.mock.calls).toEqual([["old"]]);
  expect(gone).not.toHaveBeenCalled();
});

it("renders at a message only who reads the last one", () => {
  const renders = { reader: 0, other: 0 };
  const options = { getToken: () => Promise.resolve("token"), registry };
  const { result } = renderHook(() => {
    renders.reader += 1;
    return useWebSocket(URL, options).lastMessage;
  });
  renderHook(() => {
    renders.other += 1;
    return useWebSocket(URL, options).connectionStatus;
  });
  const before = { ...renders };
  const message = updateOf();
  act(() => only().tell(message));
  expect(result.current).toBe(message);
  expect(renders).toEqual({ reader: before.reader + 1, other: before.other });
});

it("closes the socket a moment after the last has left", () => {
  const first = hook();
  const second = hook();
  first.unmount();
  act(() => void vi.advanceTimersByTime(60_000));
  expect(only().isClosed).toBe(false);
  second.unmount();
  expect(only().isClosed).toBe(false);
  act(() => void vi.advanceTimersByTime(1_000));
  expect(only().isClosed).toBe(true);
});

it("keeps the socket where one page gives way to another", () => {
  hook().unmount();
  act(() => void vi.advanceTimersByTime(900));
  hook();
  act(() => void vi.advanceTimersByTime(60_000));
  expect(only().isClosed).toBe(false);
});

it("opens a new socket after the old one was closed", () => {
  hook().unmount();
  act(() => void vi.advanceTimersByTime(1_000));
  hook();
  expect(clients.map(({ isClosed }) => isClosed)).toEqual([true, false]);
});

it.each([
  ["connecting", "connecting", false],
  ["live", "connected", true],
  ["reconnecting", "reconnecting", false],
  ["closed", "error", false],
  ["idle", "disconnected", false],
] as const)("calls the status %s %s", (status, name, isConnected) => {
  const { result } = hook();
  act(() => only().become({ status }));
  expect(result.current).toMatchObject({ connectionStatus: name, isConnected });
});

it("hands each message to the latest handler once, and keeps the last", () => {
  const [stale, latest] = [vi.fn(), vi.fn()];
  const { result, rerender } = hook({ onMessage: stale });
  rerender({ onMessage: latest });
  const message = updateOf();
  act(() => only().tell(message));
  expect(stale).not.toHaveBeenCalled();
  expect(latest.mock.calls).toEqual([[message]]);
  expect(result.current.lastMessage).toBe(message);
});

it("asks the latest getToken", async () => {
  const { rerender } = hook();
  rerender({ getToken: () => Promise.resolve("newer") });
  await expect(only().options.getToken()).resolves.toBe("newer");
});

it("tells when the connection has come and gone", () => {
  const onConnectionChange = vi.fn();
  const { unmount } = hook({ onConnectionChange });
  act(() => only().become({ status: "live" }));
  act(() => only().become({ status: "reconnecting" }));
  act(() => only().become({ status: "reconnecting", attempt: 2 }));
  act(() => only().become({ status: "live" }));
  unmount();
  expect(onConnectionChange.mock.calls).toEqual([
    [true, "connected"],
    [false, "reconnecting"],
    [true, "connected"],
  ]);
});

it("sends over a live connection, and says where it could not", () => {
  const { result } = hook();
  expect(result.current.sendMessage({ type: "ping" })).toBe(false);
  act(() => only().become({ status: "live" }));
  expect(result.current.sendMessage({ type: "ping" })).toBe(true);
  expect(only().sent).toEqual([{ type: "ping" }]);
});

it("comes back from a refusal when it is told to", () => {
  const { result } = hook();
  const connect = vi.spyOn(only(), "connect");
  act(() => only().become({ status: "closed" }));
  act(() => result.current.retryNow());
  expect(connect).toHaveBeenCalledOnce();
});

it("has no socket while it is not enabled", () => {
  const { result, rerender } = hook({ enabled: false });
  expect(clients).toHaveLength(0);
  expect(result.current.connectionStatus).toBe("disconnected");
  rerender({ enabled: true });
  expect(only().getState().status).toBe("connecting");
});

it("does not miss a message that comes while it connects", () => {
  const eager = createRegistry((options) => {
    const client = fakeClient(options);
    return { ...client, connect: () => client.tell(updateOf({ title: "First" })) };
  });
  function Title() {
    const getToken = () => Promise.resolve("token");
    const { lastMessage } = useWebSocket(URL, { getToken, registry: eager });
    return lastMessage?.type === "submission_update" && <p>{lastMessage.data.title}</p>;
  }
  render(<Title />);
  expect(screen.getByText("First")).toBeVisible();
});
