/** Write an edit to the table: at once on the screen, and taken back where it is refused. */

import type { Row } from "@/realtime/types";
import { microseconds } from "@/realtime/versions";
import { STATUSES } from "@/lib/submission";
import type { SubmissionsStore } from "./contract";

export const MAX_FEEDBACK = 5_000;

/** An answer later than this is none: whether the change was made is not known then. */
const DEADLINE_MS = 15_000;

export interface Refusal {
  code?: string;
  message: string;
}

interface Answer {
  data: unknown;
  error: Refusal | null;
}

interface Selection {
  abortSignal(signal: AbortSignal): { single(): PromiseLike<Answer> };
}

/** What of supabase-js is used here. */
export interface Table {
  from(table: "submissions"): {
    update(values: Row): { eq(column: string, value: string): { select(): Selection } };
  };
}

/** The last write of each submission: the next one begins when it has ended. */
const lastWrites = new WeakMap<SubmissionsStore, Map<string, Promise<unknown>>>();

/**
 * Save columns of a submission. Returns null where the table has taken them, else why not,
 * as a sentence for people; the edit is taken back from the store then. Never rejects.
 * Several saves of one submission are written in the order of the calls.
 */
export async function save(
  supabase: Table,
  store: SubmissionsStore,
  id: string,
  values: Row,
): Promise<string | null> {
  const fault = faultOf(values);
  if (fault !== null) return fault;
  const end = store.edit(id, values);
  const { reason, row } = await inOrder(store, id, () => write(supabase, id, values));
  if (reason !== null) end();
  // Else it would hide for good what a trigger, or somebody else, has made of it.
  else if (row !== null) end(row);
  return reason;
}

/** Why the values cannot be saved, or null. */
export function faultOf(values: Row): string | null {
  const { status, rating, feedback } = values;
  if (status !== undefined && !STATUSES.some((known) => known === status))
    return "That is not a status.";
  if (rating !== undefined && rating !== null && !isRating(rating))
    return "A rating is a whole number from 1 to 10.";
  if (typeof feedback === "string" && feedback.length > MAX_FEEDBACK)
    return `The feedback is longer than ${MAX_FEEDBACK} characters.`;
  return null;
}

/** Why the table did not take a change, as a sentence for people. */
export function reasonOf(refusal: Refusal): string {
  const { code = "", message } = refusal;
  if (code === "42501" || code === "403") return "You may not change this submission.";
  // Row security hides a row from an update without a word, so this is either of both.
  if (code === "PGRST116") return "It is no longer there, or you may not change it.";
  if (code.startsWith("PGRST3")) return "Your session has ended: sign in again.";
  if (/abort|timeout|timed out/i.test(message))
    return "There was no answer in time; the change may have been saved all the same.";
  if (/fetch|network|load failed/i.test(message))
    return "The server cannot be reached: check the connection and try again.";
  return `The server refused it: ${message.slice(0, 200) || "no reason given"}`;
}

function isRating(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 10;
}

interface Outcome {
  reason: string | null;
  row: Row | null;
}

async function write(supabase: Table, id: string, values: Row): Promise<Outcome> {
  try {
    const { data, error } = await supabase
      .from("submissions")
      .update(values)
      .eq("id", id)
      .select()
      .abortSignal(AbortSignal.timeout(DEADLINE_MS))
      .single();
    return error
      ? { reason: reasonOf(error), row: null }
      : { reason: null, row: placed(data) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { reason: reasonOf({ message }), row: null };
  }
}

/** The row that was answered, where it says how new it is. */
function placed(data: unknown): Row | null {
  const row = typeof data === "object" && data !== null ? (data as Row) : {};
  return microseconds(row.updated_at) === null ? null : row;
}

async function inOrder<T>(
  store: SubmissionsStore,
  id: string,
  task: () => Promise<T>,
): Promise<T> {
  const writes = lastWrites.get(store) ?? new Map<string, Promise<unknown>>();
  lastWrites.set(store, writes);
  const mine = (writes.get(id) ?? Promise.resolve()).then(task);
  writes.set(id, mine);
  try {
    return await mine;
  } finally {
    if (writes.get(id) === mine) writes.delete(id);
  }
}
