/** Which of two states of a row is the newer one: the gateway's order, in shared/versions.py. */

import type { Row, SubmissionUpdate } from "@/realtime/types";

export interface Version {
  /** The sender's own count, where it gave one. */
  sequence: bigint | null;
  /** `updated_at` in microseconds since 1970. */
  updatedAt: number | null;
}

export const NO_VERSION: Version = { sequence: null, updatedAt: null };

/** More digits than any counter has; longer numbers are costly to read. */
const SEQUENCE = /^-?\d{1,40}$/;
const MOMENT =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

export function versionOfUpdate(update: SubmissionUpdate): Version {
  const told = update.version;
  const row = update.event === "DELETE" ? update.old_data : update.new_data;
  const ofRow = versionOfRow(row);
  if (told === null) return ofRow;
  return SEQUENCE.test(told)
    ? { sequence: BigInt(told), updatedAt: ofRow.updatedAt }
    : { sequence: null, updatedAt: microseconds(told) ?? ofRow.updatedAt };
}

export function versionOfRow(row: Row): Version {
  return { sequence: null, updatedAt: microseconds(row.updated_at) };
}

/** Below zero: `mine` is the older one; null: they cannot be compared. */
export function compareVersions(mine: Version, theirs: Version): number | null {
  if (mine.sequence !== null && theirs.sequence !== null)
    return mine.sequence < theirs.sequence ? -1 : mine.sequence > theirs.sequence ? 1 : 0;
  if (mine.updatedAt !== null && theirs.updatedAt !== null)
    return Math.sign(mine.updatedAt - theirs.updatedAt);
  return null;
}

/** What is known after `version`, which is not older than `seen`. */
export function newestOf(version: Version, seen: Version): Version {
  return {
    sequence: version.sequence ?? seen.sequence,
    updatedAt: version.updatedAt ?? seen.updatedAt,
  };
}

/** A database's timestamp as microseconds since 1970; one without a zone counts as UTC. */
export function microseconds(value: unknown): number | null {
  const found = typeof value === "string" ? MOMENT.exec(value) : null;
  if (!found) return null;
  const [, day, time, fraction = "", zone = "Z"] = found;
  const milliseconds = Date.parse(`${day ?? ""}T${time ?? ""}${offsetOf(zone)}`);
  if (Number.isNaN(milliseconds)) return null;
  return milliseconds * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

/** PostgreSQL writes `+00`, and dates are read with `+00:00` alone. */
function offsetOf(zone: string): string {
  if (zone.toUpperCase() === "Z") return "Z";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
