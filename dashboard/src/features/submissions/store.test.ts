import { expect, test, vi } from "vitest";
import { rowOf, updateOf } from "./fakes";
import { createSubmissionsStore } from "./store";

function storeByHand() {
  const waiting: (() => void)[] = [];
  const store = createSubmissionsStore(
    (tell) => waiting.push(tell),
    () => 0,
  );
  const frame = (): void => waiting.splice(0).forEach((tell) => tell());
  return { store, frame };
}

test("listeners hear once a frame of however many changes", () => {
  const { store, frame } = storeByHand();
  const listener = vi.fn();
  store.subscribe(listener);
  store.reset([rowOf("a")], 1);
  for (let version = 1; version <= 200; version += 1)
    store.apply(updateOf("a", version, { rating: version }), version);
  expect(listener).not.toHaveBeenCalled();
  frame();
  expect(listener).toHaveBeenCalledTimes(1);
  expect(store.getSnapshot().entries.get("a")?.submission.rating).toBe(200);
});

test("who asks before the frame is told what is so, the same object each time", () => {
  const { store } = storeByHand();
  store.reset([rowOf("a")], 1);
  store.edit("a", { rating: 3 });
  const state = store.getSnapshot();
  expect(state.entries.get("a")?.submission.rating).toBe(3);
  expect(store.getSnapshot()).toBe(state);
});

test("an edit is taken back by what it returned, and no other one", () => {
  const { store } = storeByHand();
  store.reset([rowOf("a")], 1);
  const takeBack = store.edit("a", { rating: 3 });
  store.edit("a", { status: "approved" });
  takeBack();
  takeBack();
  const submission = store.getSnapshot().entries.get("a")?.submission;
  expect(submission).toMatchObject({ rating: null, status: "approved" });
});

test("who has left hears nothing", () => {
  const { store, frame } = storeByHand();
  const listener = vi.fn();
  store.subscribe(listener)();
  store.fail();
  frame();
  expect(listener).not.toHaveBeenCalled();
});

test("a page that is hidden is told without frames", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.stubGlobal("requestAnimationFrame", () => 1);
  const store = createSubmissionsStore();
  const listener = vi.fn();
  store.subscribe(listener);
  store.fail();
  vi.advanceTimersByTime(300);
  expect(listener).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
