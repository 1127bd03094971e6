/** What is shown of a row: made anew only where something of it changed. */

import type { EmailUpdate } from "@/realtime/types";
import { submissionOf } from "@/lib/submission";
import type { Entry } from "./contract";
import { settle, shown, type Edit } from "./edits";
import { difference, type Held } from "./held";

export interface Kept {
  held: Held;
  edits: readonly Edit[];
}

/** When a row was told, whether it is a new one, and which columns (else all) were told. */
export interface How {
  at: number;
  isNew: boolean;
  told?: ReadonlySet<string>;
}

/** Changes of a row that are closer together glow together. */
const TOGETHER_MS = 300;

export function keep(before: Kept | undefined, held: Held, how: How): Kept {
  const isTold = (name: string): boolean => how.told?.has(name) ?? true;
  return { held, edits: settle(before?.edits ?? [], held.row, isTold, how.at) };
}

/** Returns `before` itself where all is as it was. */
export function entryOf(
  before: Entry | undefined,
  kept: Kept,
  how: How,
  mail: EmailUpdate | null,
): Entry {
  const row = shown(kept.held.row, kept.edits);
  const version = kept.held.written;
  if (!before)
    return {
      submission: submissionOf(row),
      version,
      changed: null,
      isNew: how.isNew,
      mail,
    };
  const fields = difference(before.submission.row, row);
  if (fields.length === 0)
    return before.version === version ? before : { ...before, version };
  const changed = together(before.changed, fields, how.at);
  return { ...before, submission: submissionOf(row), version, changed };
}

function together(
  before: Entry["changed"],
  fields: string[],
  at: number,
): NonNullable<Entry["changed"]> {
  const isClose = before !== null && at - before.at <= TOGETHER_MS;
  return { fields: isClose ? [...new Set([...before.fields, ...fields])] : fields, at };
}
