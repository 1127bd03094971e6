/** Which of two states of a row is the newer one, as the gateway sees it. */

import type { Row, SubmissionUpdate } from "./types.js";

/** The place of a row's state. */
export interface Version {
  sequence: bigint | null;
  /** Microseconds since 1970. */
  updatedAt: number | null;
  deleted: boolean;
}

/** The gateway reads no longer ones either. */
const SEQUENCE = /^[+-]?\d{1,39}$/;
const TIMESTAMP =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)?)?$/;

export function versionOf(update: SubmissionUpdate): Version {
  const deleted = update.event === "DELETE";
  const sequence = sequenceOf(update.version);
  const row = deleted ? update.old_data : update.new_data;
  const timestamp = sequence === null ? update.version : row.updated_at;
  return { sequence, updatedAt: microseconds(timestamp), deleted };
}

/** Of a row that a snapshot shows. */
export function versionOfRow(row: Row): Version {
  return { sequence: null, updatedAt: microseconds(row.updated_at), deleted: false };
}

/**
 * Whether `version` must not overwrite `seen`; what cannot be compared may. A deletion
 * carries the version of the state that it ended, and is the later one.
 */
export function isOlder(version: Version, seen: Version): boolean {
  const after = seen.deleted && !version.deleted;
  const [mine, theirs] =
    version.sequence !== null && seen.sequence !== null
      ? [version.sequence, seen.sequence]
      : [version.updatedAt, seen.updatedAt];
  if (mine === null || theirs === null) return false;
  return mine < theirs || (mine === theirs && after);
}

/** What is known after `version`, which is not older than `seen`. */
export function newest(version: Version, seen: Version): Version {
  return {
    sequence: version.sequence ?? seen.sequence,
    updatedAt: version.updatedAt ?? seen.updatedAt,
    deleted: version.deleted,
  };
}

/** A database's timestamp as microseconds since 1970; one without a zone counts as UTC. */
export function microseconds(timestamp: unknown): number | null {
  const parts = typeof timestamp === "string" ? TIMESTAMP.exec(timestamp) : null;
  if (parts === null) return null;
  const [, day, time = "00:00", second = "00", fraction = "", sign, ...offset] = parts;
  const milliseconds = Date.parse(`${day ?? ""}T${time}:${second}Z`);
  if (Number.isNaN(milliseconds)) return null;
  const [hours, minutes, seconds] = offset.map((part) => Number((part as unknown) ?? 0));
  const east = ((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
  const zone = sign === "-" ? -east : east;
  return (
    milliseconds * 1_000 - zone * 1_000_000 + Number(fraction.padEnd(6, "0").slice(0, 6))
  );
}

function sequenceOf(version: string | null): bigint | null {
  return version !== null && SEQUENCE.test(version) ? BigInt(version) : null;
}
