/** Short notices on top of the page, the newest last. */

import { limit } from "@/lib/limit";
import { createListeners } from "@/lib/listeners";

export type ToastKind = "info" | "good" | "bad";

export interface NewToast {
  title: string;
  description?: string;
  kind?: ToastKind;
  /** With what it is counted where several come at once. */
  group?: ToastGroup;
  /** What it is about: in a group each counts once, however often it comes. */
  about?: { id: string; name: string };
  /** The change that it tells of: see `own`. */
  change?: string;
}

export interface ToastGroup {
  name: string;
  /** What so many toasts about so many things are told as. */
  titleOf: (toasts: number, things: number) => string;
}

export interface Toast {
  id: number;
  title: string;
  description: string | null;
  kind: ToastKind;
  group: ToastGroup | null;
  count: number;
  /** The names of what it is about, by id. */
  about: Map<string, string>;
  /** When it was last added to, in milliseconds since 1970. */
  at: number;
}

export interface ToastStore {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => readonly Toast[];
  show: (toast: NewToast) => void;
  /**
   * The viewer is about to make this change, and is told how it went: the next toast of it
   * is not shown. Returns how to take that back where the change was not made.
   */
  own: (change: string) => () => void;
  dismiss: (id: number) => void;
}

const MAX_SHOWN = 4;
const GROUPING = 1_000;
/** A change of one's own that is not told by then is told no more, in milliseconds. */
const OWN = 60_000;
const MAX_OWN = 100;
/** So many names stand below the title of a group. */
const MAX_NAMES = 3;
const WORST_FIRST: readonly ToastKind[] = ["bad", "info", "good"];

export function createToasts(now: () => number = Date.now): ToastStore {
  const { subscribe, notify } = createListeners();
  let toasts: readonly Toast[] = [];
  let nextId = 1;
  const owned = new Map<string, number>();
  const set = (next: readonly Toast[]): void => {
    toasts = next;
    notify();
  };
  return {
    subscribe,
    getSnapshot: () => toasts,
    show(toast) {
      const at = now();
      const until = toast.change === undefined ? undefined : owned.get(toast.change);
      if (toast.change !== undefined) owned.delete(toast.change);
      if (until === undefined || at > until) set(withToast(toasts, toast, nextId++, at));
    },
    own(change) {
      owned.delete(change);
      owned.set(change, now() + OWN);
      limit(owned, MAX_OWN);
      return () => void owned.delete(change);
    },
    dismiss: (id) => set(toasts.filter((toast) => toast.id !== id)),
  };
}

/** The toasts once this one has come: beside the others, or counted in with its like. */
function withToast(
  toasts: readonly Toast[],
  toast: NewToast,
  id: number,
  at: number,
): readonly Toast[] {
  const like = toasts.find(
    ({ group, at: before }) =>
      group !== null && group.name === toast.group?.name && at - before <= GROUPING,
  );
  if (like === undefined) return [...toasts, toastOf(toast, id, at)].slice(-MAX_SHOWN);
  const grouped = together(like, toast, at);
  return toasts.map((one) => (one === like ? grouped : one));
}

function toastOf(toast: NewToast, id: number, at: number): Toast {
  const { title, description = null, kind = "info", group = null, about } = toast;
  const names = new Map(about && [[about.id, about.name]]);
  return { id, title, description, kind, group, count: 1, about: names, at };
}

function together(
  like: Toast,
  { about: thing, kind = "info" }: NewToast,
  at: number,
): Toast {
  const { about } = like;
  // Handed on and not copied: thousands may come at once, after a pause.
  if (thing) about.set(thing.id, thing.name);
  const count = like.count + 1;
  return {
    ...like,
    count,
    at,
    title: like.group?.titleOf(count, about.size) ?? like.title,
    description: about.size <= MAX_NAMES ? [...about.values()].join(", ") || null : null,
    kind: WORST_FIRST.find((one) => one === like.kind || one === kind) ?? "info",
  };
}
