/** What the list, the drawer and the toasts use of the store of submissions. */

import type { EmailUpdate, Row, SubmissionUpdate } from "@/realtime/types";
import type { Submission } from "@/lib/submission";

export interface Entry {
  submission: Submission;
  version: string | null;
  /** The columns that changed last, and when (milliseconds since 1970): they glow. */
  changed: { fields: string[]; at: number } | null;
  /** It came after the list was shown, and waits behind the count of new rows. */
  isNew: boolean;
  /** The newest outcome of its mails. */
  mail: EmailUpdate | null;
}

export interface SubmissionsState {
  /** By id; the same object as long as nothing of the entry changed. */
  entries: ReadonlyMap<string, Entry>;
  /** Ids in the order of arrival, the newest first. */
  order: readonly string[];
  /** How many rows wait to be shown. */
  newCount: number;
  status: "loading" | "ready" | "failed";
  /** There are more than these: the rest has not been loaded. */
  isCut: boolean;
  /** When the state was last known to be whole, in milliseconds since 1970. */
  asOf: number | null;
}

/** Plain TypeScript: `useSyncExternalStore(store.subscribe, store.getSnapshot)`. */
export interface SubmissionsStore {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => SubmissionsState;
  reset(rows: Row[], at: number, isCut?: boolean): void;
  apply(update: SubmissionUpdate, at: number): void;
  applyMail(update: EmailUpdate): void;
  /** Show the rows that wait. */
  showNew(): void;
  fail(): void;
  /**
   * An edit before the server has confirmed it; returns how to end it: it gives way to the
   * row that the server then had, or is taken back.
   */
  edit(id: string, values: Row): (row?: Row) => void;
}
