/** The last updates of the admin room, told of at most twice a second. */

import type { Message } from "@/realtime/types";
import type { Arrival } from "./nudge";

/** More than this between two fetches are counted by the next fetch alone. */
export const MAX_ARRIVALS = 1_000;
const PAUSE = 500;

export interface Feed {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => readonly Arrival[];
  add: (message: Message, at: number) => void;
}

/** The first update is told of at once, those that follow closely together. */
export function createFeed(): Feed {
  const listeners = new Set<() => void>();
  let waiting: Arrival[] = [];
  let shown: readonly Arrival[] = [];
  let pause: ReturnType<typeof setTimeout> | null = null;

  const tell = (): void => {
    pause = null;
    if (waiting.length === 0) return;
    shown = [...shown, ...waiting].slice(-MAX_ARRIVALS);
    waiting = [];
    pause = setTimeout(tell, PAUSE);
    listeners.forEach((listener) => listener());
  };

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => shown,
    add(message, at) {
      if (message.type !== "submission_update" && message.type !== "email_update") return;
      waiting.push({ message, at });
      if (pause === null) tell();
    },
  };
}
