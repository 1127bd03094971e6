/** Which rows the list shows, in which order: pure. */

import { STATUSES, type Submission } from "@/lib/submission";
import { dateOf } from "@/lib/time";
import type { Entry } from "../contract";
import type { Query, Sort } from "./query";

export interface View {
  /** The same array as before where the same rows stand in the same order. */
  ids: readonly string[];
  /** How many of each status the other filters leave. */
  counts: ReadonlyMap<string, number>;
  genres: readonly string[];
}

export type Names = ReadonlyMap<string, string>;

type Key = string | number | null;

export const NOTHING: View = { ids: [], counts: new Map(), genres: [] };

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const texts = new WeakMap<Submission, string>();
/** In milliseconds since 1970. */
type Moments = Record<"submitted" | "updated", number | null>;
const moments = new WeakMap<Submission, Moments>();

/** What stood in `before` is sorted nearly, so that the sort costs little more than a look. */
export function arrange(
  entries: ReadonlyMap<string, Entry>,
  query: Query,
  names: Names,
  before: View,
): View {
  const terms = folded(query.search).split(/\s+/).filter(Boolean);
  const counts = new Map<string, number>();
  const genres = new Set<string>();
  const wanted = new Set<string>();
  for (const [id, { submission, isNew }] of entries) {
    if (submission.genre) genres.add(submission.genre);
    if (isNew || !isMatch(submission, query, terms, names)) continue;
    const status = submission.status ?? "";
    counts.set(status, (counts.get(status) ?? 0) + 1);
    if (query.statuses.length === 0 || query.statuses.includes(status)) wanted.add(id);
  }
  const ids = sorted(
    [...before.ids.filter((id) => wanted.has(id)), ...wanted],
    entries,
    query,
  );
  return {
    ids: isEqual(ids, before.ids) ? before.ids : ids,
    counts,
    genres: [...genres].sort((one, other) => collator.compare(one, other)),
  };
}

function isMatch(
  submission: Submission,
  query: Query,
  terms: readonly string[],
  names: Names,
): boolean {
  const { genre, rating } = submission;
  if (query.genre !== null && genre !== query.genre) return false;
  if (query.rating === "none" && rating !== null) return false;
  if (typeof query.rating === "number" && (rating === null || rating < query.rating))
    return false;
  if (terms.length === 0) return true;
  const text = textOf(submission);
  const artist = folded(names.get(submission.userid ?? "") ?? submission.userid ?? "");
  return terms.every((term) => text.includes(term) || artist.includes(term));
}

function sorted(
  ids: readonly string[],
  entries: ReadonlyMap<string, Entry>,
  query: Query,
): string[] {
  const keys = new Map<string, { key: Key; submitted: number }>();
  for (const id of ids) {
    const submission = entries.get(id)?.submission;
    if (submission && !keys.has(id))
      keys.set(id, {
        key: keyOf(submission, query.sort),
        submitted: momentsOf(submission).submitted ?? 0,
      });
  }
  const order = (one: Key, other: Key): number => compare(one, other, query.descending);
  return [...keys]
    .sort(
      ([id, one], [otherId, other]) =>
        order(one.key, other.key) ||
        other.submitted - one.submitted ||
        (id < otherId ? -1 : 1),
    )
    .map(([id]) => id);
}

/** What has no value comes last, whichever way it goes. */
function compare(one: Key, other: Key, descending: boolean): number {
  if (one === null || other === null)
    return (one === null ? 1 : 0) - (other === null ? 1 : 0);
  const order =
    typeof one === "number" && typeof other === "number"
      ? one - other
      : collator.compare(String(one), String(other));
  return descending ? -order : order;
}

function keyOf(submission: Submission, sort: Sort): Key {
  if (sort === "submitted" || sort === "updated") return momentsOf(submission)[sort];
  if (sort !== "status") return submission[sort];
  // In the order of the work, not of the alphabet.
  const place = STATUSES.findIndex((status) => status === submission.status);
  return place < 0 ? null : place;
}

/** Read once of each state of a row: the whole list is sorted at every change. */
function momentsOf(submission: Submission): Moments {
  const known = moments.get(submission);
  if (known !== undefined) return known;
  const submitted = dateOf(submission.submitted_at)?.getTime() ?? null;
  const updated = dateOf(submission.updated_at)?.getTime() ?? null;
  moments.set(submission, { submitted, updated });
  return { submitted, updated };
}

function textOf(submission: Submission): string {
  const known = texts.get(submission);
  if (known !== undefined) return known;
  const text = folded(`${submission.title ?? ""}\n${submission.feedback ?? ""}`);
  texts.set(submission, text);
  return text;
}

/** Accents and case apart: "zoe" finds "Zoë". */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, index) => id === other[index]);
}
