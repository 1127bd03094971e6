/** What happened, in words for people. */

import type { IconName } from "@/components/Icon";
import type { Change, ChangeItem, MailItem } from "./history";

export interface Fate {
  /** Beside the words, never in their place. */
  icon: IconName;
  words: string;
  tone: "good" | "warn" | "bad" | "muted";
}

const FATES: Record<string, Fate> = {
  accepted: { icon: "mail", words: "Mail accepted for delivery", tone: "muted" },
  uncertain: {
    icon: "question",
    words: "Not known yet whether the mail went out",
    tone: "warn",
  },
  delivered: { icon: "check", words: "Mail delivered", tone: "good" },
  failed: { icon: "cross", words: "Mail failed", tone: "bad" },
  complained: { icon: "alert", words: "Mail was called spam", tone: "bad" },
  unsubscribed: { icon: "leave", words: "Wants no more mails", tone: "warn" },
  skipped: { icon: "info", words: "No mail was sent", tone: "muted" },
  opened: { icon: "eye", words: "Mail opened", tone: "good" },
  clicked: { icon: "eye", words: "Link in the mail followed", tone: "good" },
};
const BOUNCED: Fate = { icon: "cross", words: "Mail bounced", tone: "bad" };
const DELAYED: Fate = {
  icon: "clock",
  words: "Mail delayed, it is tried again",
  tone: "warn",
};

export function fateOf({
  outcome,
  severity,
}: Pick<MailItem, "outcome" | "severity">): Fate {
  if (outcome === "failed" && severity === "permanent") return BOUNCED;
  if (outcome === "failed" && severity === "temporary") return DELAYED;
  const known = Object.hasOwn(FATES, outcome) ? FATES[outcome] : undefined;
  return known ?? { icon: "mail", words: `Mail: ${outcome}`, tone: "muted" };
}

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
