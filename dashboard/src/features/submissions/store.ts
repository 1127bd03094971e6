/** The store of submissions: what happens is gathered, and told once a frame. */

import type { SubmissionsStore } from "./contract";
import { EMPTY, reduce, type Action, type Model } from "./model";

type Schedule = (tell: () => void) => void;

/** A page that is hidden has no frames; what is told there may come late, not never. */
const LATEST_MS = 250;
/** So many wait at most, with nobody there who reads. */
const MOST_WAITING = 5_000;

export function createSubmissionsStore(
  schedule: Schedule = nextFrame,
  now: () => number = Date.now,
): SubmissionsStore {
  let model: Model = EMPTY;
  let waiting: Action[] = [];
  let isScheduled = false;
  let edits = 0;
  const listeners = new Set<() => void>();

  const current = (): Model => {
    if (waiting.length > 0) {
      model = reduce(model, waiting);
      waiting = [];
    }
    return model;
  };

  const tell = (): void => {
    isScheduled = false;
    for (const listener of [...listeners]) listener();
  };

  const act = (action: Action): void => {
    waiting.push(action);
    if (waiting.length >= MOST_WAITING) current();
    if (isScheduled) return;
    isScheduled = true;
    schedule(tell);
  };

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: current,
    reset: (rows, at, isCut = false) => act({ type: "reset", rows, at, isCut }),
    apply: (update, at) => act({ type: "update", update, at }),
    applyMail: (update) => act({ type: "mail", update }),
    showNew: () => act({ type: "showNew" }),
    fail: () => act({ type: "fail" }),
    edit(id, values) {
      const edit = (edits += 1);
      act({ type: "edit", id, edit: { id: edit, values, at: now() } });
      return (row) => act({ type: "takeBack", id, edit, ...(row && { row }) });
    },
  };
}

function nextFrame(tell: () => void): void {
  let isTold = false;
  const once = (): void => {
    if (isTold) return;
    isTold = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    tell();
  };
  const timer = setTimeout(once, LATEST_MS);
  const frame = requestAnimationFrame(once);
}
