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

it("gives another person another socket", () => {
  hook({ owner: "ada" });
  hook({ owner: "ben" });
  expect(clients).toHaveLength(2);
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
  hook({ onConnectionChange });
  act(() => only().become({ status: "live" }));
  act(() => only().become({ status: "reconnecting" }));
  act(() => only().become({ status: "reconnecting", attempt: 2 }));
  const told = onConnectionChange.mock.calls.filter(([, status]) => status !== "connected");
  expect(onConnectionChange.mock.calls[0]).toEqual([true, "connected"]);
  expect(told).toEqual([[false, "reconnecting"]]);
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
