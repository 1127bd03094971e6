/** What the charts draw: points of a time line, and rows of bars. */

import { STATUSES } from "@/lib/submission";
import type { Connections, MinuteCount, Span } from "./stats";

const MINUTE = 60_000;

export interface Point {
  /** Where it begins, in milliseconds since 1970. */
  at: number;
  value: number;
}

export type Tone = "good" | "warn" | "bad" | "accent" | "muted";

export interface BarRow {
  name: string;
  value: number;
  tone: Tone;
}

/** The changes of each step of the span; steps begin at full quarters, so bars stay put. */
export function changePoints(minutes: readonly MinuteCount[], span: Span): Point[] {
  return stepped(
    minutes.map(({ minute, changes }) => [minute, changes]),
    span,
    (sum, value) => sum + value,
  );
}

/** The most connections of each step; there are none from before the gateway began. */
export function connectionPoints(connections: Connections, span: Span): Point[] {
  return stepped(
    connections.over_time.map((count) => [count.minute, count.connections]),
    span,
    Math.max,
  );
}

function stepped(
  counts: readonly (readonly [string, number])[],
  span: Span,
  join: (one: number, other: number) => number,
): Point[] {
  const size = span.step * MINUTE;
  const steps = new Map<number, number>();
  for (const [minute, value] of counts) {
    const at = Math.floor(Date.parse(minute) / size) * size;
    steps.set(at, join(steps.get(at) ?? 0, value));
  }
  return [...steps].map(([at, value]) => ({ at, value }));
}

const STATUS_TONES = new Map<string, Tone>([
  ["pending", "muted"],
  ["in-review", "warn"],
  ["approved", "good"],
  ["rejected", "bad"],
]);

/** Every status the house knows, in its order, then those that came besides. */
export function statusBars(counts: Record<string, number>): BarRow[] {
  return bars(counts, STATUSES, STATUS_TONES);
}

const OUTCOME_TONES = new Map<string, Tone>([
  ["accepted", "accent"],
  ["delivered", "good"],
  ["delayed", "warn"],
  ["uncertain", "warn"],
  ["failed", "bad"],
  ["complained", "bad"],
]);
const OUTCOMES = [
  "accepted",
  "delivered",
  "delayed",
  "uncertain",
  "failed",
  "skipped",
  "complained",
  "unsubscribed",
] as const;

/** Openings and clicks are shown only where Mailgun tracks them. */
export function mailBars(counts: Record<string, number>): BarRow[] {
  const tracked = ["opened", "clicked"];
  const told = Object.entries(counts).filter(
    ([name, value]) => value > 0 || !tracked.includes(name),
  );
  return bars(Object.fromEntries(told), OUTCOMES, OUTCOME_TONES);
}

export function total(rows: readonly { value: number }[]): number {
  return rows.reduce((sum, { value }) => sum + value, 0);
}

function bars(
  counts: Record<string, number>,
  known: readonly string[],
  tones: ReadonlyMap<string, Tone>,
): BarRow[] {
  const others = Object.keys(counts).filter((name) => !known.includes(name));
  return [...known, ...others.sort()].map((name) => ({
    name,
    value: valueOf(counts, name),
    tone: tones.get(name) ?? "muted",
  }));
}

/** Names come from rows: one may be that of what every object has. */
export function valueOf(counts: Record<string, number>, name: string): number {
  return Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0;
}
