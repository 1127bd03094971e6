/** The figures of `GET /api/stats` (docs/openapi.yaml), and the windows the page offers. */

export interface MinuteCount {
  /** `2026-11-23T12:00Z` */
  minute: string;
  changes: number;
}

export interface Times {
  count: number;
  median_seconds: number | null;
  p90_seconds: number | null;
}

export interface Connections {
  now: Record<string, number>;
  over_time: { minute: string; connections: number }[];
}

export interface Stats {
  /** The newest event that the figures know of; null while nothing has happened. */
  as_of: string | null;
  changes_per_minute: MinuteCount[];
  by_status: Record<string, number>;
  time_to_first_review: Times;
  time_to_decision: Times;
  /** For admins, as are the connections. */
  mails?: Record<string, number>;
  connections?: Connections;
}

/** How many sockets and streams there are now, of all rooms. */
export function connected({ now }: Connections): number {
  return Object.values(now).reduce((sum, each) => sum + each, 0);
}

export interface Span {
  name: "hour" | "day";
  label: string;
  /** As in "No changes in the last hour". */
  words: string;
  minutes: number;
  /** So many minutes are one point of a chart. */
  step: number;
}

export const HOUR: Span = {
  name: "hour",
  label: "Last 60 min",
  words: "last hour",
  minutes: 60,
  step: 1,
};
export const DAY: Span = {
  name: "day",
  label: "Last 24 h",
  words: "last 24 hours",
  minutes: 1440,
  step: 15,
};
export const SPANS: readonly Span[] = [HOUR, DAY];

/** The span of an address' parameter; the hour for anything else. */
export function spanOf(name: string | null): Span {
  return SPANS.find((span) => span.name === name) ?? HOUR;
}

export function statsPath(span: Span): string {
  return `/api/stats?minutes=${span.minutes}`;
}
