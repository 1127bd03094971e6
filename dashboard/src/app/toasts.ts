/** Short notices on top of the page, the newest last. */

import { createListeners } from "@/lib/listeners";

export type ToastKind = "info" | "good" | "bad";

export interface NewToast {
  title: string;
  description?: string;
  kind?: ToastKind;
  /** What to say after a count where several come at once: "submissions changed". */
  group?: string;
}

export interface Toast {
  id: number;
  title: string;
  description: string | null;
  kind: ToastKind;
  group: string | null;
  count: number;
  /** When it was last added to, in milliseconds since 1970. */
  at: number;
}

export interface ToastStore {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => readonly Toast[];
  show: (toast: NewToast) => void;
  dismiss: (id: number) => void;
}

const MAX_SHOWN = 4;
const GROUPING = 1_000;

export function createToasts(now: () => number = Date.now): ToastStore {
  const { subscribe, notify } = createListeners();
  let toasts: readonly Toast[] = [];
  let nextId = 1;
  const set = (next: readonly Toast[]): void => {
    toasts = next;
    notify();
  };
  return {
    subscribe,
    getSnapshot: () => toasts,
    show: (toast) => set(withToast(toasts, toast, nextId++, now())),
    dismiss: (id) => set(toasts.filter((toast) => toast.id !== id)),
  };
}

/** The toasts once this one has come: beside the others, or counted in with its like. */
export function withToast(
  toasts: readonly Toast[],
  { title, description, kind, group }: NewToast,
  id: number,
  at: number,
): readonly Toast[] {
  const like = toasts.find(
    (toast) => group !== undefined && toast.group === group && at - toast.at <= GROUPING,
  );
  if (like !== undefined && group !== undefined) {
    const count = like.count + 1;
    const grouped = { ...like, count, at, title: `${count} ${group}`, description: null };
    return toasts.map((toast) => (toast === like ? grouped : toast));
  }
  const toast: Toast = {
    id,
    title,
    description: description ?? null,
    kind: kind ?? "info",
    group: group ?? null,
    count: 1,
    at,
  };
  return [...toasts, toast].slice(-MAX_SHOWN);
}
