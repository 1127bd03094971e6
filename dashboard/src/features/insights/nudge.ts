/** What a socket's update does to the figures, until they are fetched again. */

import type { EmailUpdate, Message, SubmissionUpdate } from "@/realtime/types";
import { valueOf } from "./points";
import type { MinuteCount, Stats } from "./stats";

const MINUTE = 60_000;
/** Minutes; a change further ahead has a wrong clock, and counts as of now. */
const MAX_AHEAD = 5;

/** An update and when it came, in milliseconds since 1970. */
export interface Arrival {
  message: Extract<Message, { id: string }>;
  at: number;
}

/**
 * The figures that were fetched, with what came after them.
 *
 * What came before `as_of` is in them already. Where `as_of` has not come by the socket,
 * whatever arrived after the answer (`fetchedAt`) counts; the next answer sets it right.
 */
export function present(
  stats: Stats,
  arrivals: readonly Arrival[],
  fetchedAt: number,
): Stats {
  const seen = arrivals.findLastIndex(({ message }) => message.id === stats.as_of);
  const later =
    seen >= 0 ? arrivals.slice(seen + 1) : arrivals.filter(({ at }) => at > fetchedAt);
  return later.reduce((figures, { message }) => nudge(figures, message), stats);
}

/** The figures with one more update in them. */
export function nudge(stats: Stats, message: Arrival["message"]): Stats {
  if (message.type === "email_update") return withMail(stats, message.data);
  return {
    ...stats,
    changes_per_minute: withChange(stats.changes_per_minute, message.data.timestamp),
    by_status: withStatus(stats.by_status, message.data),
  };
}

/** One more change, in a minute that begins with it where it is newer than all. */
function withChange(minutes: readonly MinuteCount[], timestamp: string): MinuteCount[] {
  const newest = Date.parse(minutes.at(-1)?.minute ?? "");
  const moment = Date.parse(timestamp);
  const ahead = Math.floor((moment - newest) / MINUTE);
  const known = ahead > 0 && ahead <= MAX_AHEAD ? moved(minutes, newest, ahead) : minutes;
  const place = ahead <= 0 ? known.length - 1 + ahead : known.length - 1;
  const before = known[place];
  if (before === undefined) return [...known];
  return known.with(place, { ...before, changes: before.changes + 1 });
}

function moved(minutes: readonly MinuteCount[], newest: number, by: number): MinuteCount[] {
  const added = Array.from({ length: by }, (_, n) => ({
    minute: nameOf(newest + (n + 1) * MINUTE),
    changes: 0,
  }));
  return [...minutes, ...added].slice(-minutes.length);
}

function withStatus(
  counts: Record<string, number>,
  update: SubmissionUpdate,
): Record<string, number> {
  if (update.stale === true) return counts;
  const before = update.event === "INSERT" ? undefined : update.old_data.status;
  const after = update.event === "DELETE" ? undefined : update.new_data.status;
  const isMoved =
    update.event === "UPDATE"
      ? update.updated_fields.includes("status") && before !== after
      : true;
  if (!isMoved) return counts;
  const moved = { ...counts };
  if (typeof before === "string") moved[before] = Math.max(0, valueOf(moved, before) - 1);
  if (typeof after === "string") moved[after] = valueOf(moved, after) + 1;
  return moved;
}

function withMail(stats: Stats, update: EmailUpdate): Stats {
  if (stats.mails === undefined) return stats;
  const outcome = update.severity === "temporary" ? "delayed" : update.outcome;
  const mails = { ...stats.mails, [outcome]: valueOf(stats.mails, outcome) + 1 };
  return { ...stats, mails };
}

/** As the gateway writes a minute. */
const nameOf = (moment: number): string =>
  `${new Date(moment).toISOString().slice(0, 16)}Z`;
