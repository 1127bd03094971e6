/** The review of a submission as the form shows it: the row, and what is typed over it. */

import { useEffect, useRef, useSyncExternalStore } from "react";
import type { Submission } from "@/lib/submission";
import type { SubmissionsStore } from "../contract";
import { save, type Table } from "../save";
import { draftsOf, type Draft } from "./drafts";
import {
  mergeEdit,
  pick,
  valuesOf,
  type Field,
  type Merged,
  type Value,
} from "./mergeEdit";

export interface Review extends Merged {
  isSaving: boolean;
  outcome: Draft["outcome"];
  set: (field: Field, value: Value) => void;
  takeTheirs: (field: Field) => void;
  keepMine: (field: Field) => void;
  discard: () => void;
  submit: () => void;
}

/** `onLateRefusal` hears why a save was refused after the drawer had been closed. */
export function useReview(
  store: SubmissionsStore,
  supabase: Table,
  submission: Submission,
  onLateRefusal: (reason: string) => void,
): Review {
  const { id } = submission;
  const drafts = draftsOf(store);
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(id));
  const theirs = valuesOf(submission);
  const merged = mergeEdit(draft.base, draft.mine, theirs);
  const shown = useRef<string | null>(null);

  useEffect(() => {
    shown.current = id;
    return () => {
      shown.current = null;
    };
  }, [id]);

  async function submit(): Promise<void> {
    if (merged.dirty.length === 0) return;
    const values = pick(merged.values, merged.dirty);
    if (values.feedback === "") values.feedback = null;
    const reason = await drafts.submit(id, values, (columns) =>
      save(supabase, store, id, { ...columns }),
    );
    if (reason !== null && shown.current !== id) onLateRefusal(reason);
  }

  return {
    ...merged,
    isSaving: draft.saving > 0,
    outcome: draft.outcome,
    set: (field, value) => drafts.edit(id, field, value, theirs[field]),
    takeTheirs: (field) => drafts.drop(id, [field]),
    keepMine: (field) => drafts.keep(id, field, theirs[field]),
    discard: () => drafts.drop(id),
    submit: () => void submit(),
  };
}
