import { act, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MemorySocket } from "../../../tests/memorySocket";
import { updateOf } from "../../../tests/fakes";
import { createRegistry } from "./registry";
import { useWebSocket } from "./useWebSocket";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("joins once in StrictMode, hands over updates without a render, comes back and closes", async () => {
  const sockets: MemorySocket[] = [];
  class Socket extends MemorySocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
      // The other side is there at once, and lets everybody in.
      this.answer = ({ type }) => {
        if (type === "auth") this.welcome();
      };
      queueMicrotask(() => this.open());
    }
  }
  const onMessage = vi.fn();
  let renders = 0;
  const registry = createRegistry();
  const { result, unmount } = renderHook(
    () => {
      renders += 1;
      return useWebSocket("wss://edge.test/ws/admin", {
        getToken: () => Promise.resolve("token"),
        WebSocket: Socket as unknown as typeof WebSocket,
        registry,
        onMessage,
      });
    },
    { wrapper: StrictMode },
  );
  await act(() => vi.advanceTimersByTimeAsync(2_000));
  expect(sockets.map(({ url }) => url)).toEqual(["wss://edge.test/ws/admin"]);
  expect(sockets[0]?.sent[0]).toMatchObject({ type: "auth", token: "token" });
  expect(result.current.connectionStatus).toBe("connected");

  const update = updateOf();
  act(() => sockets[0]?.say({ ...update }));
  expect(onMessage.mock.calls).toEqual([[update]]);

  const before = renders;
  for (let n = 0; n < 20; n += 1)
    act(() => sockets[0]?.say({ ...update, id: `storm-${n}` }));
  expect(onMessage).toHaveBeenCalledTimes(21);
  expect(renders).toBe(before);

  act(() => sockets[0]?.end(4202, "server going away"));
  expect(result.current.connectionStatus).toBe("reconnecting");
  await act(() => vi.advanceTimersByTimeAsync(5_000));
  expect(sockets).toHaveLength(2);
  expect(sockets[1]?.sent[0]).toMatchObject({ since: "storm-19" });
  expect(result.current.isConnected).toBe(true);

  unmount();
  vi.advanceTimersByTime(1_000);
  expect(sockets[1]?.readyState).toBe(3);
});
