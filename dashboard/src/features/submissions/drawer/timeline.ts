/** The time line of one submission: what the API knows, and what happens meanwhile. */

import type { Message } from "@/realtime/types";
import { itemOf, mergeItems, type HistoryPage, type Item } from "./history";

export type Live = (listener: (message: Message) => void) => () => void;

export type LoadHistory = (path: string, signal: AbortSignal) => Promise<HistoryPage>;

export interface TimelineState {
  status: "loading" | "ready" | "failed";
  /** Newest first. */
  items: readonly Item[];
  /** There is more than is read: the youngest are missing then. */
  isCut: boolean;
  reason: string | null;
}

export interface Timeline {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => TimelineState;
  /** Take up what happens from now on; returns how to stop. */
  listen: () => () => void;
  /** Read what has happened; listen first, or what happens meanwhile is lost. */
  read: () => void;
  /** Give up reading. */
  stop: () => void;
}

const PAGE = 500;
const MAX_PAGES = 20;
const DEADLINE_MS = 15_000;

export function createTimeline(id: string, load: LoadHistory, live?: Live): Timeline {
  const listeners = new Set<() => void>();
  let state: TimelineState = { status: "loading", items: [], isCut: false, reason: null };
  let reading = new AbortController();

  function put(change: Partial<TimelineState>): void {
    state = { ...state, ...change };
    listeners.forEach((listener) => listener());
  }

  const add = (items: readonly Item[]): void => {
    const merged = mergeItems(state.items, items);
    if (merged !== state.items) put({ items: merged });
  };

  async function readAll(signal: AbortSignal): Promise<void> {
    try {
      const isWhole = await readPages(id, load, signal, add);
      if (!signal.aborted) put({ status: "ready", isCut: !isWhole });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!signal.aborted) put({ status: "failed", reason });
    }
  }

  function read(): void {
    reading.abort();
    reading = new AbortController();
    if (state.status !== "ready") put({ status: "loading", reason: null });
    void readAll(reading.signal);
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => state,
    listen: () =>
      live?.((message) => {
        // What was missed is not told: it stands in the history alone.
        if (message.type === "snapshot" || message.type === "gap") read();
        const item = itemOf(message, id);
        if (item !== null) add([item]);
      }) ?? (() => undefined),
    read,
    stop: () => reading.abort(),
  };
}

/** Read page after page, as the API begins with the oldest; false where it was too much. */
async function readPages(
  id: string,
  load: LoadHistory,
  signal: AbortSignal,
  add: (items: readonly Item[]) => void,
): Promise<boolean> {
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor && { cursor }) });
    const path = `/api/submissions/${encodeURIComponent(id)}/history?${query.toString()}`;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    const { items, next }: HistoryPage = await load(path, deadline);
    if (signal.aborted) return true;
    add(items);
    if (next === null) return true;
    cursor = next;
  }
  return false;
}
