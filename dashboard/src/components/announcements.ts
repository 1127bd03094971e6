/** What screen readers are told of live changes: at most one sentence in a while. */

import { createListeners } from "@/lib/listeners";

export interface Announcements {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => string;
  announce: (text: string) => void;
}

/** Milliseconds between two sentences: a burst must not talk for minutes. */
const PAUSE = 1_500;

export function createAnnouncements(): Announcements {
  const { subscribe, notify } = createListeners();
  let said = "";
  let last: string | null = null;
  let count = 0;
  let pausing = false;

  const say = (text: string): void => {
    // The same sentence twice is not read again, unless something differs.
    said = text === said ? `${text}\u00a0` : text;
    pausing = true;
    setTimeout(resume, PAUSE);
    notify();
  };
  const resume = (): void => {
    pausing = false;
    if (last !== null) say(count > 1 ? `${count} changes. ${last}` : last);
    last = null;
    count = 0;
  };

  return {
    subscribe,
    getSnapshot: () => said,
    announce(text) {
      if (!pausing) {
        say(text);
        return;
      }
      last = text;
      count += 1;
    },
  };
}
