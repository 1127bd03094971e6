/** Moments in words, in the viewer's language and zone. */

import { microseconds } from "@/realtime/versions";

export type Moment = Date | string | number;

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Null for what is no moment. What the database wrote without a zone is UTC. */
export function dateOf(moment: Moment | null | undefined): Date | null {
  if (moment === null || moment === undefined || moment === "") return null;
  const written = microseconds(moment);
  const date = new Date(written === null ? moment : written / 1_000);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** "3 minutes ago", "in 2 hours", "now" for less than a minute. */
export function relative(date: Date, now: number, language?: string): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const seconds = (date.getTime() - now) / 1_000;
  for (const [unit, length] of UNITS)
    if (Math.abs(seconds) >= length)
      return format.format(Math.trunc(seconds / length), unit);
  return format.format(0, "second");
}

export function absolute(date: Date, language?: string): string {
  const options = { dateStyle: "medium", timeStyle: "medium" } as const;
  return new Intl.DateTimeFormat(language, options).format(date);
}

/** The time of day alone. */
export function clock(date: Date, language?: string): string {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return new Intl.DateTimeFormat(language, options).format(date);
}
