/** Where rows go when the list changes under the eyes of its reader. */

/** So many rows from the top edge down may hold the view in its place. */
const REACH = 40;

/**
 * By how many rows to move the view, so that what is in it stays where it is: as the first
 * row from `first` down that is still there and steady has moved.
 */
export function shiftOf(
  before: readonly string[],
  after: readonly string[],
  first: number,
  isSteady: (id: string) => boolean,
): number {
  for (let index = first; index < Math.min(first + REACH, before.length); index += 1) {
    const id = before[index];
    if (id === undefined || !isSteady(id)) continue;
    const now = after.indexOf(id);
    if (now >= 0) return now - index;
  }
  return 0;
}

/** The row to select `by` rows further; from none it is the first in view. */
export function neighbour(
  ids: readonly string[],
  selected: string | null,
  by: number,
  first: number,
): string | null {
  const at = selected === null ? -1 : ids.indexOf(selected);
  const next = at < 0 ? first : at + by;
  return ids[Math.max(0, Math.min(ids.length - 1, next))] ?? null;
}
