/** The address of one file for its audio element: signed when opened, renewed when over. */

import { isExpired, playable, type Playable, type Storage } from "./audio";

export type PlayerState =
  | { status: "loading" }
  | { status: "ready"; url: string }
  | { status: "failed"; reason: string };

export interface Player {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => PlayerState;
  load: () => Promise<void>;
  /** Before it plays: renew an address whose time is over; true where it does. */
  renew: () => boolean;
  /** The element could not play what it was given. */
  broke: () => void;
}

export function createPlayer(
  storage: Storage,
  bucket: string,
  file: string,
  now: () => number = Date.now,
): Player {
  const listeners = new Set<() => void>();
  let state: PlayerState = { status: "loading" };
  let current: Playable | null = null;
  let isLoading = false;

  function put(next: PlayerState): void {
    state = next;
    listeners.forEach((listener) => listener());
  }

  async function load(): Promise<void> {
    isLoading = true;
    if (state.status === "failed") put({ status: "loading" });
    try {
      current = await playable(storage, bucket, file, now);
      isLoading = false;
      put({ status: "ready", url: current.url });
    } catch (error) {
      isLoading = false;
      put({
        status: "failed",
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }

  function renew(): boolean {
    if (current === null || !isExpired(current, now())) return false;
    current = null;
    void load();
    return true;
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => state,
    load,
    renew,
    broke() {
      // An old address may still fail while the new one is on its way.
      if (!isLoading && !renew()) put({ status: "failed", reason: "It cannot be played." });
    },
  };
}
