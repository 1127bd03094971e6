/** The figures in words: durations, what a chart shows, names of outcomes. */

import type { Point } from "./points";
import type { Span, Times } from "./stats";

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A duration in its two largest units: "2 h 5 min". A dash where there is none. */
export function duration(seconds: number | null, locale?: string): string {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  if (seconds < 1) return `< ${inUnit(1, "second", locale)}`;
  const whole = Math.round(seconds);
  const first = UNITS.findIndex(([, size]) => whole >= size);
  const parts = UNITS.slice(first, first + 2).map(([unit, size], place) => {
    const count = place === 0 ? whole / size : (whole % (UNITS[first]?.[1] ?? 1)) / size;
    return [Math.floor(count), unit] as const;
  });
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => inUnit(count, unit, locale))
    .join(" ");
}

export function timesInWords(times: Times, locale?: string): string {
  if (times.count === 0) return "None in this time.";
  const of =
    times.count === 1 ? "1 submission" : `${count(times.count, locale)} submissions`;
  return `Nine of ten within ${duration(times.p90_seconds, locale)}; of ${of}.`;
}

/** "42 changes in the last hour, most of them (7) at 12:03." */
export function pointsInWords(
  points: readonly Point[],
  span: Span,
  locale?: string,
): string {
  const total = points.reduce((sum, point) => sum + point.value, 0);
  const top = points.reduce<Point | null>(
    (best, point) => (best === null || point.value > best.value ? point : best),
    null,
  );
  if (total === 0 || top === null) return `No changes in the ${span.words}.`;
  const changes = total === 1 ? "1 change" : `${count(total, locale)} changes`;
  const most = `most (${count(top.value, locale)}) at ${clock(top.at, locale)}`;
  return `${changes} in the ${span.words}, ${most}.`;
}

/** `now` counts too: the points are those of whole minutes. */
export function peakInWords(
  points: readonly Point[],
  now: number,
  span: Span,
  locale?: string,
): string {
  if (points.length === 0) return "The count begins with the next minute.";
  const peak = Math.max(now, ...points.map((point) => point.value));
  return `At most ${count(peak, locale)} at once in the ${span.words}.`;
}

/** The time of day in the viewer's zone. */
export function clock(moment: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(moment);
}

export function count(value: number, locale?: string): string {
  return new Intl.NumberFormat(locale).format(value);
}

/** `in-review` as "In review"; names that are not known are shown as they are. */
export function named(name: string): string {
  const words = name.replace(/[-_]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function inUnit(value: number, unit: string, locale?: string): string {
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit,
    unitDisplay: "short",
  }).format(value);
}
