/** What a socket's update does to the figures, until they are fetched again. */

import type { EmailUpdate, Message, SubmissionUpdate } from "@/realtime/types";
import type { MinuteCount, Stats } from "./stats";

const MINUTE = 60_000;

/** An update and when it came, in milliseconds since 1970. */
export interface Arrival {
  message: Extract<Message, { id: string }>;
  at: number;
}

/**
 * The figures as of `now`: those that were fetched, and what came after them.
 *
 * What came before `as_of` is in them already. Where `as_of` has not come by the socket,
 * whatever arrived after the answer (`fetchedAt`) counts; the next answer sets it right.
 */
export function present(
  stats: Stats,
  arrivals: readonly Arrival[],
  fetchedAt: number,
  now: number,
): Stats {
  const seen = arrivals.findLastIndex(({ message }) => message.id === stats.as_of);
  const later =
    seen >= 0 ? arrivals.slice(seen + 1) : arrivals.filter(({ at }) => at > fetchedAt);
  const rolled = {
    ...stats,
    changes_per_minute: roll(stats.changes_per_minute, now),
  };
  return later.reduce((so_far, { message }) => nudge(so_far, message), rolled);
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

/** The same number of minutes up to the one of `now`, the new ones empty. */
export function roll(minutes: readonly MinuteCount[], now: number): MinuteCount[] {
  const newest = minutes.at(-1);
  if (newest === undefined) return [];
  const behind = Math.floor((floor(now) - Date.parse(newest.minute)) / MINUTE);
  if (!(behind > 0)) return [...minutes];
  const added = Array.from({ length: Math.min(behind, minutes.length) }, (_, back) => ({
    minute: nameOf(floor(now) - back * MINUTE),
    changes: 0,
  }));
  return [...minutes.slice(added.length), ...added.reverse()];
}

function withChange(minutes: readonly MinuteCount[], timestamp: string): MinuteCount[] {
  const newest = minutes.length - 1;
  const moment = Date.parse(timestamp);
  const found = Number.isNaN(moment)
    ? newest
    : minutes.findIndex(({ minute }) => minute === nameOf(floor(moment)));
  // A clock ahead of this one: it is the newest there is.
  const isAhead = found < 0 && moment > Date.parse(minutes.at(-1)?.minute ?? "");
  const where = isAhead ? newest : found;
  return minutes.map((count, place) =>
    place === where ? { ...count, changes: count.changes + 1 } : count,
  );
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
  if (typeof before === "string") moved[before] = Math.max(0, (moved[before] ?? 0) - 1);
  if (typeof after === "string") moved[after] = (moved[after] ?? 0) + 1;
  return moved;
}

function withMail(stats: Stats, update: EmailUpdate): Stats {
  if (stats.mails === undefined) return stats;
  const outcome = update.severity === "temporary" ? "delayed" : update.outcome;
  const mails = { ...stats.mails, [outcome]: (stats.mails[outcome] ?? 0) + 1 };
  return { ...stats, mails };
}

const floor = (moment: number): number => Math.floor(moment / MINUTE) * MINUTE;

/** As the gateway writes a minute. */
const nameOf = (moment: number): string =>
  `${new Date(moment).toISOString().slice(0, 16)}Z`;
