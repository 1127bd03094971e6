/**
 * A row as the server has it, put together from whole rows and from changes of some columns
 * that may come in any order, twice, or late: each column keeps the newest that was told.
 */

import type { Row, SubmissionUpdate } from "@/realtime/types";
import { newest, versionOf, versionOfRow, type Version } from "@/realtime/versions";
import { compareVersions, NO_VERSION } from "./versions";

export interface Held {
  row: Row;
  /** The newest version of any column, and how it was written. */
  version: Version;
  written: string | null;
  /** The version of columns that are not in `columns`. */
  base: Version;
  columns: ReadonlyMap<string, Version>;
}

export function heldOf(row: Row): Held {
  const version = versionOfRow(row);
  const written = typeof row.updated_at === "string" ? row.updated_at : null;
  return { row, version, written, base: version, columns: new Map() };
}

/** Returns `held` itself where the update tells nothing newer. */
export function merge(held: Held | undefined, update: SubmissionUpdate): Held {
  const version = versionOf(update);
  const before = held ?? emptyOf(update);
  const fresh = freshColumns(before, update, version);
  if (fresh.length === 0) return held ?? before;
  const columns = new Map(before.columns);
  for (const name of fresh) columns.set(name, version);
  const isOlder = (compareVersions(version, before.version) ?? 0) < 0;
  return {
    row: { ...before.row, ...pick(update.new_data, fresh) },
    version: isOlder ? before.version : newest(version, before.version),
    written: isOlder ? before.written : (update.version ?? before.written),
    base: before.base,
    columns,
  };
}

/** A whole row that was read: columns that are known to be newer stay. */
export function mergeRow(held: Held | undefined, row: Row): Held {
  const read = heldOf(row);
  if (!held) return read;
  const newer = Object.keys(held.row).filter(
    (name) => (compareVersions(columnVersion(held, name), read.base) ?? -1) > 0,
  );
  if (newer.length === 0) return read;
  return {
    ...read,
    row: { ...row, ...pick(held.row, newer) },
    version: newest(held.version, read.version),
    written: held.written,
    columns: new Map(newer.map((name) => [name, columnVersion(held, name)])),
  };
}

/** Columns whose values differ, by what they hold. */
export function difference(before: Row, after: Row): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isSame(before[name], after[name]));
}

export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (one === null || other === null) return false;
  if (typeof one !== "object" || typeof other !== "object") return false;
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What an update alone says of a row that nobody has told whole. */
function emptyOf(update: SubmissionUpdate): Held {
  const row: Row = {
    id: update.submission_id,
    title: update.title,
    userid: update.artist_id,
  };
  const version = NO_VERSION;
  return { row, version, written: null, base: version, columns: new Map() };
}

/** Where a newer message was told (`stale`), only what that one cannot have had. */
function freshColumns(held: Held, update: SubmissionUpdate, version: Version): string[] {
  const isStale = update.stale === true;
  return Object.keys(update.new_data).filter((name) => {
    if (isStale && !update.updated_fields.includes(name)) return false;
    if (!Object.hasOwn(held.row, name)) return true;
    const order = compareVersions(version, columnVersion(held, name));
    if (order !== null && order !== 0) return order > 0;
    if (isStale) return false;
    const isPlaced = order === null && (version.sequence ?? version.updatedAt) !== null;
    return isPlaced || !isSame(held.row[name], update.new_data[name]);
  });
}

function columnVersion(held: Held, name: string): Version {
  return held.columns.get(name) ?? held.base;
}

function pick(row: Row, names: string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}
