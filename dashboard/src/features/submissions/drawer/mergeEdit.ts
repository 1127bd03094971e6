/** Three-way merge of what somebody types with what the row has become meanwhile. */

import type { Submission } from "@/lib/submission";

export const FIELDS = ["status", "rating", "feedback"] as const;
export type Field = (typeof FIELDS)[number];

export interface Values {
  status: string | null;
  rating: number | null;
  feedback: string | null;
}
export type Value = string | number | null;

export interface Merged {
  /** What the form shows. */
  values: Values;
  /** The fields whose value here is not the row's. */
  dirty: readonly Field[];
  /** Edited fields that somebody else has changed too, with what they are there. */
  conflicts: Partial<Values>;
}

export function valuesOf({ status, rating, feedback }: Submission): Values {
  return { status, rating, feedback };
}

/**
 * Merge an edit. `base` holds the edited fields as they were when the edit began, `mine` as
 * they are typed, `theirs` is the row now. What is typed always stays; a field that is not
 * edited, or was put back to what it was, follows the row.
 */
export function mergeEdit(
  base: Partial<Values>,
  mine: Partial<Values>,
  theirs: Values,
): Merged {
  const isEdited = (field: Field): boolean =>
    mine[field] !== undefined &&
    !same(mine[field], base[field]) &&
    !same(mine[field], theirs[field]);
  const dirty = FIELDS.filter(isEdited);
  return {
    values: { ...theirs, ...pick(mine, dirty) },
    dirty,
    conflicts: pick(
      theirs,
      dirty.filter((field) => !same(theirs[field], base[field])),
    ),
  };
}

/** An empty feedback and none are the same. */
export function same(a: Value | undefined, b: Value | undefined): boolean {
  return (a === "" ? null : a) === (b === "" ? null : b);
}

export function pick(values: Partial<Values>, fields: readonly Field[]): Partial<Values> {
  return Object.fromEntries(fields.map((field) => [field, values[field]]));
}
