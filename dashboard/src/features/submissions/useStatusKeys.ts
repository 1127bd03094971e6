/** A status that is set with one key, and can be taken back with another. */

import { useRef } from "react";
import { useApp } from "@/app/context";
import { lookOf } from "@/components/StatusBadge";
import { statusChange } from "@/lib/hooks/notices";
import type { SubmissionsStore } from "./contract";
import { save } from "./save";

interface Change {
  id: string;
  from: string | null;
  to: string;
}

export function useStatusKeys(store: SubmissionsStore) {
  const { supabase, toasts } = useApp();
  const last = useRef<Change | null>(null);

  const write = async (id: string, status: string, hint: string): Promise<void> => {
    const title = titleOf(store, id);
    const disown = toasts.own(statusChange(id, status));
    const reason = await save(supabase, store, id, { status });
    if (reason === null) {
      const description = `${lookOf(status).word}. ${hint}`;
      toasts.show({ kind: "good", title, description });
    } else {
      disown();
      toasts.show({ kind: "bad", title: `Not saved: ${title}`, description: reason });
    }
  };

  const setStatus = (id: string, status: string): void => {
    const from = store.getSnapshot().entries.get(id)?.submission.status ?? null;
    if (from === status) return;
    last.current = { id, from, to: status };
    void write(id, status, "Press u to undo.");
  };

  const undo = (): void => {
    const change = last.current;
    last.current = null;
    if (change?.from == null) return;
    const { id, from, to } = change;
    if (store.getSnapshot().entries.get(id)?.submission.status === to)
      void write(id, from, "Undone.");
    else
      toasts.show({
        title: `Not undone: ${titleOf(store, id)}`,
        description: "Its status is another one by now.",
      });
  };
  return { setStatus, undo };
}

function titleOf(store: SubmissionsStore, id: string): string {
  return store.getSnapshot().entries.get(id)?.submission.title ?? "Untitled";
}
