/** What changed, in words for people. */

import type { Change, ChangeItem } from "./history";

const HEADLINES = { INSERT: "Submitted", UPDATE: "Changed", DELETE: "Deleted" } as const;

export const headlineOf = ({ event }: ChangeItem): string => HEADLINES[event];

/** The changes worth a line: a new row's are all of it, and the clock column says nothing. */
export function linesOf({ event, changes }: ChangeItem): Change[] {
  return event === "UPDATE" ? changes.filter(({ field }) => field !== "updated_at") : [];
}

const NAMES: Record<string, string> = { bpm: "BPM", userid: "Artist" };

export function fieldName(field: string): string {
  if (Object.hasOwn(NAMES, field)) return NAMES[field] ?? field;
  const words = field.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const MAX_SHOWN = 160;

/** A column's value as one short text. */
export function valueWords(value: unknown): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return new Intl.NumberFormat().format(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
