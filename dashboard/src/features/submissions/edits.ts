/** Edits that are shown before the server has told them: a layer over its rows. */

import type { Row } from "@/realtime/types";
import { isSame } from "./held";

export interface Edit {
  id: number;
  values: Row;
  at: number;
}

/** After this the server's word about a column goes before an edit that it never told. */
export const EDIT_HOLDS_MS = 10_000;

export function withEdit(edits: readonly Edit[], edit: Edit): readonly Edit[] {
  const others = edits.map((other) => without(other, (name) => name in edit.values));
  return [...others.filter(isLeft), edit];
}

/** Drop what the server has confirmed, and what it has told otherwise for too long. */
export function settle(
  edits: readonly Edit[],
  row: Row,
  told: (name: string) => boolean,
  at: number,
): readonly Edit[] {
  if (edits.length === 0) return edits;
  return edits
    .map((edit) =>
      without(
        edit,
        (name) =>
          isSame(row[name], edit.values[name]) ||
          (told(name) && at - edit.at > EDIT_HOLDS_MS),
      ),
    )
    .filter(isLeft);
}

export function shown(row: Row, edits: readonly Edit[]): Row {
  return edits.reduce((result, edit) => ({ ...result, ...edit.values }), row);
}

function without(edit: Edit, isGone: (name: string) => boolean): Edit {
  const left = Object.entries(edit.values).filter(([name]) => !isGone(name));
  return { ...edit, values: Object.fromEntries(left) };
}

function isLeft(edit: Edit): boolean {
  return Object.keys(edit.values).length > 0;
}
