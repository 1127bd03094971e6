/** What happened to a submission, from the API and from the socket, as one list. */

import type { Message } from "@/realtime/types";
import { newestFirst } from "./order";

export interface Change {
  field: string;
  from: unknown;
  to: unknown;
}

interface Happening {
  id: string;
  time: string;
  /** Who did it, where the sender says so. */
  actor?: string | null;
}

export interface ChangeItem extends Happening {
  event: "INSERT" | "UPDATE" | "DELETE";
  stale: boolean;
  changes: Change[];
}

export interface MailItem extends Happening {
  event: "email";
  outcome: string;
  recipient: string | null;
  reason: string | null;
  /** The id of the change that the mail is about. */
  cause?: string | null;
  severity?: "permanent" | "temporary";
}

export type Item = ChangeItem | MailItem;

/** GET /api/submissions/{id}/history: oldest first; `next` leads to younger ones. */
export interface HistoryPage {
  submission_id: string;
  items: Item[];
  next: string | null;
}

/** What a message tells of one submission, or null. */
export function itemOf(message: Message, submissionId: string): Item | null {
  if (message.type !== "submission_update" && message.type !== "email_update") return null;
  if (message.data.submission_id !== submissionId) return null;
  const { id, data } = message;
  if (message.type === "email_update") {
    const { outcome, recipient, reason, cause, severity, timestamp } = message.data;
    const mail: MailItem = {
      id,
      time: timestamp,
      event: "email",
      outcome,
      recipient,
      reason,
      ...(cause && { cause }),
      ...(severity && { severity }),
    };
    return mail;
  }
  const { event, stale = false, updated_fields, new_data, old_data } = message.data;
  return {
    id,
    time: data.timestamp,
    event,
    stale,
    changes: updated_fields.map((field) => ({
      field,
      from: valueIn(old_data, field),
      to: valueIn(new_data, field),
    })),
  };
}

/** Both lists as one, newest first, each event once; the first told of two stays. */
export function mergeItems(known: readonly Item[], more: readonly Item[]): readonly Item[] {
  const ids = new Set(known.map(({ id }) => id));
  const added = more.filter(({ id }) => !ids.has(id) && ids.add(id));
  if (added.length === 0) return known;
  return newestFirst([...known, ...added]);
}

/** Columns may bear the names of what every object inherits. */
function valueIn(row: Record<string, unknown>, field: string): unknown {
  return Object.hasOwn(row, field) ? row[field] : null;
}
