import { act, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  ADMIN,
  InApp,
  fakeApp,
  fakeClient,
  fakeSession,
  mailOf,
  updateOf,
} from "../../../tests/fakes";
import type { FakeClient } from "../../../tests/fakes";
import { createRegistry } from "./registry";
import { useAdminWebSocket } from "./useAdminWebSocket";
import { useArtistWebSocket } from "./useArtistWebSocket";
import type { RoomOptions } from "./useRoom";
import type { Socket } from "./useWebSocket";

let clients: FakeClient[];
beforeEach(() => {
  vi.useFakeTimers();
  clients = [];
});
afterEach(() => vi.useRealTimers());

function mount(use: (options: RoomOptions) => Socket, options: RoomOptions = {}) {
  const registry = createRegistry((given) => {
    const client = fakeClient(given);
    clients.push(client);
    return client;
  });
  const session = fakeSession(ADMIN);
  const app = fakeApp({ session });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <InApp app={app}>{children}</InApp>
    </StrictMode>
  );
  const { unmount, result } = renderHook(() => use({ registry, ...options }), { wrapper });
  const titles = () => app.toasts.getSnapshot().map(({ title }) => title);
  return { session, titles, unmount, result, client: clients[0] as FakeClient };
}

it("joins the admins' room with the session's token", async () => {
  const { client } = mount(useAdminWebSocket);
  expect(client.options.url).toBe("ws://edge.test/ws/admin");
  await expect(client.options.getToken()).resolves.toBe("token");
});

it("joins the artist's room, and none while the artist is not known", () => {
  mount((options) => useArtistWebSocket(null, options));
  expect(clients).toHaveLength(0);
  mount((options) => useArtistWebSocket("a/1", options));
  expect(clients[0]?.options.url).toBe("ws://edge.test/ws/artist/a%2F1");
});

it("hands updates over by their kind, under the names of old", () => {
  const [onSubmissionUpdate, onEmailUpdate, onMessage] = [vi.fn(), vi.fn(), vi.fn()];
  const { client } = mount(useAdminWebSocket, {
    onSubmissionUpdate,
    onEmailUpdate,
    onMessage,
  });
  act(() => client.tell(updateOf()));
  act(() => client.tell(mailOf()));
  expect(onSubmissionUpdate).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({
      submission_id: "s-1",
      title: "Night Drive",
      updated_fields: ["status"],
      new_data: { status: "approved", rating: 9, feedback: null },
      timestamp: "2026-11-23T12:00:00.120+00:00",
    }),
  );
  expect(onEmailUpdate).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ outcome: "accepted" }),
  );
  expect(onMessage).toHaveBeenCalledTimes(2);
});

it.each([
  ["useAdminWebSocket", useAdminWebSocket],
  ["useArtistWebSocket", (options: RoomOptions) => useArtistWebSocket("a-1", options)],
])("%s has all the results of useWebSocket", (_, use) => {
  const { client, result } = mount(use);
  act(() => client.become({ status: "live" }));
  expect(result.current).toMatchObject({
    isConnected: true,
    connectionStatus: "connected",
    lastMessage: null,
  });
  const message = updateOf();
  act(() => client.tell(message));
  expect(result.current.lastMessage).toBe(message);
  expect(result.current.sendMessage({ type: "ping" })).toBe(true);
});

it.each([
  [4001, 1],
  [4003, 1],
  [4004, 0],
  [4000, 0],
])("has the session look again where the gateway closes with %i: %i", (code, times) => {
  const { client, session } = mount(useAdminWebSocket);
  const lookAgain = vi.spyOn(session, "lookAgain");
  act(() => client.become({ status: "closed", reason: { code, reason: "" } }));
  act(() => client.become({ status: "closed", heardAt: 1 }));
  expect(lookAgain).toHaveBeenCalledTimes(times);
});

it("shows one toast for an update, and one for many at once", () => {
  const { client, titles } = mount(useAdminWebSocket);
  act(() => client.tell(updateOf()));
  expect(titles()).toEqual(["Night Drive"]);
  act(() => {
    for (let count = 0; count < 199; count += 1) client.tell(updateOf());
  });
  expect(titles()).toEqual(["200 changes of one submission"]);
});

it("shows no toast where none are wanted", () => {
  const { client, titles } = mount(useAdminWebSocket, { showToasts: false });
  act(() => client.tell(updateOf()));
  act(() => client.become({ status: "live" }));
  act(() => client.become({ status: "reconnecting" }));
  act(() => void vi.advanceTimersByTime(60_000));
  expect(titles()).toEqual([]);
});

it("tells of a connection that stays lost, and of its return", () => {
  const { client, titles } = mount(useAdminWebSocket);
  act(() => client.become({ status: "live" }));
  act(() => client.become({ status: "reconnecting" }));
  act(() => void vi.advanceTimersByTime(2_999));
  expect(titles()).toEqual([]);
  act(() => void vi.advanceTimersByTime(1));
  expect(titles()).toEqual(["Live updates are interrupted"]);
  act(() => client.become({ status: "live" }));
  expect(titles()).toEqual(["Live updates are interrupted", "Live updates are back"]);
});

it("says nothing of a blip, nor of its own leaving", () => {
  const { client, titles, unmount } = mount(useAdminWebSocket);
  act(() => client.become({ status: "live" }));
  act(() => client.become({ status: "reconnecting" }));
  act(() => client.become({ status: "live" }));
  unmount();
  act(() => void vi.advanceTimersByTime(60_000));
  expect(titles()).toEqual([]);
});

it("leaves the room when the person signs out", () => {
  const { client, session } = mount(useAdminWebSocket);
  act(() => session.become({ status: "out", userId: null }));
  act(() => void vi.advanceTimersByTime(1_000));
  expect(client.isClosed).toBe(true);
  expect(clients).toHaveLength(1);
});
