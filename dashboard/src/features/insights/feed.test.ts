import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Message } from "@/realtime/types";
import { createFeed, MAX_ARRIVALS } from "./feed";

const mail = (id: string): Message => ({
  type: "email_update",
  id,
  timestamp: "",
  data: {
    submission_id: "s",
    outcome: "accepted",
    recipient: null,
    reason: null,
    timestamp: "",
  },
});

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("the first update is told of at once, those close behind together", () => {
  const feed = createFeed();
  const told = vi.fn();
  feed.subscribe(told);

  feed.add(mail("1"), 1);
  expect(told).toHaveBeenCalledTimes(1);
  for (let n = 2; n <= 200; n++) feed.add(mail(String(n)), n);
  expect(told).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(500);

  expect(told).toHaveBeenCalledTimes(2);
  expect(feed.getSnapshot()).toHaveLength(200);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(500);
  expect(vi.getTimerCount()).toBe(0);
});

test("only the newest are kept, and only updates", () => {
  const feed = createFeed();
  feed.add({ type: "error", code: "bad", message: "no" }, 0);
  expect(feed.getSnapshot()).toEqual([]);

  for (let n = 0; n < MAX_ARRIVALS + 5; n++) feed.add(mail(String(n)), n);
  vi.advanceTimersByTime(500);

  expect(feed.getSnapshot()).toHaveLength(MAX_ARRIVALS);
  expect(feed.getSnapshot().at(-1)?.at).toBe(MAX_ARRIVALS + 4);
});

test("who has left is told nothing", () => {
  const feed = createFeed();
  const told = vi.fn();
  feed.subscribe(told)();
  feed.add(mail("1"), 1);
  expect(told).not.toHaveBeenCalled();
});
