import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTally } from "./tally";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a burst is one sentence, and each submission counts once", () => {
  const tell = vi.fn<(text: string) => void>();
  const tally = createTally(tell, 1_000);
  for (const id of ["a", "b", "a", "c"]) tally.add(id);
  expect(tell).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  tally.add("a");
  vi.advanceTimersByTime(1_000);
  expect(tell.mock.calls).toEqual([["3 submissions changed"], ["1 submission changed"]]);
});

test("who has left hears nothing", () => {
  const tell = vi.fn<(text: string) => void>();
  const tally = createTally(tell, 1_000);
  tally.add("a");
  tally.stop();
  vi.advanceTimersByTime(5_000);
  expect(tell).not.toHaveBeenCalled();
});
