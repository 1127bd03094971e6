import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { IDLE } from "@/lib/hooks/registry";
import { absolute, dateOf, relative } from "@/lib/time";
import type { ConnectionState } from "@/realtime/types";
import { Announcer, useAnnounce } from "./Announcer";
import { Button } from "./Button";
import { ConnectionBadge, badgeOf, detailOf } from "./ConnectionBadge";
import { StatusBadge } from "./StatusBadge";
import { Time } from "./Time";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const state = (parts: Partial<ConnectionState>): ConnectionState => ({ ...IDLE, ...parts });

beforeEach(() => vi.useFakeTimers({ now: NOW, shouldAdvanceTime: true }));
afterEach(() => vi.useRealTimers());

it.each<[Partial<ConnectionState>, boolean, string]>([
  [{ status: "live" }, true, "🟢 Live Updates"],
  [{ status: "connecting" }, true, "🟡 Connecting"],
  [{ status: "reconnecting" }, true, "🟡 Reconnecting"],
  [{ status: "reconnecting" }, false, "🔴 Offline"],
  [{ status: "closed" }, true, "🔴 Offline"],
  [{ status: "idle" }, true, "🔴 Offline"],
])("shows %o, with a network: %s, as %s", (parts, isOnline, text) => {
  const { light, word } = badgeOf(state(parts), isOnline);
  expect(`${light} ${word}`).toBe(text);
});

it("tells since when it is gone, and when it is tried again", () => {
  const lost = state({
    status: "reconnecting",
    since: NOW - 9_000,
    nextTryAt: NOW + 4_200,
  });
  expect(detailOf(lost, NOW)).toMatch(/^since .*:51.*, next try in 5 s$/);
});

it("offers to try again where the server refused, for it is not tried by itself", () => {
  expect(badgeOf(state({ status: "closed" }), true).canRetry).toBe(true);
});

it("counts down outside of what is read out", () => {
  const lost = state({ status: "reconnecting", since: NOW, nextTryAt: NOW + 5_000 });
  render(<ConnectionBadge connection={lost} />);
  expect(screen.getByText(/next try in 5 s/)).toBeInTheDocument();
  act(() => void vi.advanceTimersByTime(2_000));
  expect(screen.getByText(/next try in 3 s/)).toBeInTheDocument();
  expect(screen.getByRole("status")).toHaveTextContent(/^🟡 Reconnecting$/);
});

it("offers to try now where it waits", async () => {
  const onRetry = vi.fn();
  const lost = state({ status: "reconnecting" });
  const { rerender } = render(<ConnectionBadge connection={lost} onRetry={onRetry} />);
  await userEvent.click(screen.getByRole("button", { name: "Try now" }));
  expect(onRetry).toHaveBeenCalledOnce();
  rerender(<ConnectionBadge connection={state({ status: "live" })} onRetry={onRetry} />);
  expect(screen.queryByRole("button")).toBeNull();
});

it.each([
  ["in-review", "In review"],
  [null, "No status"],
  ["of a later release", "of a later release"],
  ["constructor", "constructor"],
])("calls the status %s %s", (status, word) => {
  render(<StatusBadge status={status} />);
  expect(screen.getByText(word)).toBeVisible();
});

it.each([
  [-30, "now"],
  [-90, "1 minute ago"],
  [-7_200, "2 hours ago"],
  [86_400, "tomorrow"],
  [-40 * 86_400, "last month"],
])("tells %d seconds as %s", (seconds, words) => {
  expect(relative(new Date(NOW + seconds * 1_000), NOW, "en")).toBe(words);
});

it("speaks the viewer's language", () => {
  expect(relative(new Date(NOW - 7_200_000), NOW, "de")).toBe("vor 2 Stunden");
  expect(absolute(new Date(NOW), "de")).toMatch(/^2\d\.11\.2026/);
});

it("takes what is no moment for none", () => {
  expect([null, undefined, "", "soon"].map(dateOf)).toEqual([null, null, null, null]);
  expect(dateOf("2026-11-23 12:00:00+00")).toEqual(new Date(NOW));
  expect(dateOf("2026-11-23T12:00:00")).toEqual(new Date(NOW));
});

it("tells a moment anew as time goes by, with its date as title", () => {
  render(<Time value="2026-11-23T11:59:30Z" />);
  const time = screen.getByText("now");
  expect(time).toHaveAttribute("datetime", "2026-11-23T11:59:30.000Z");
  expect(time.title).toMatch(/2026/);
  act(() => void vi.advanceTimersByTime(60_000));
  expect(time).toHaveTextContent("1 minute ago");
});

it("cannot be pressed again while it is at work", async () => {
  const onClick = vi.fn();
  render(
    <Button busy onClick={onClick}>
      Save
    </Button>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(onClick).not.toHaveBeenCalled();
});

it("says announcements politely", async () => {
  function Speaker() {
    const announce = useAnnounce();
    return <button onClick={() => announce("3 submissions changed")}>Speak</button>;
  }
  render(
    <Announcer>
      <Speaker />
    </Announcer>,
  );
  await userEvent.click(screen.getByRole("button"));
  const region = screen.getByText("3 submissions changed");
  expect(region).toHaveAttribute("aria-live", "polite");
});
