/** In which order happenings stand on the time line. */

import { microseconds } from "@/realtime/versions";
import { isOfMailgun } from "../outcomes";
import type { Item } from "./history";

interface Place {
  item: Item;
  /** From when on it may stand, in microseconds since 1970, and its own time. */
  at: number;
  own: number;
  /** Of one moment the greater is the later. */
  step: number;
}

/**
 * By their times, the newest first. Mailgun has a clock of its own: what it tells of a mail
 * stands after that it was given the mail, whatever the times are.
 */
export function newestFirst(items: readonly Item[]): Item[] {
  const given = givenAt(items);
  return items
    .map((item) => placeOf(item, given))
    .sort((a, b) => b.at - a.at || b.step - a.step || b.own - a.own)
    .map(({ item }) => item);
}

/** When Mailgun was given the mail about each change, or may have been. */
function givenAt(items: readonly Item[]): Map<string, number> {
  const given = new Map<string, number>();
  for (const item of items) {
    if (item.event !== "email" || !item.cause) continue;
    if (item.outcome !== "accepted" && item.outcome !== "uncertain") continue;
    given.set(item.cause, Math.max(moment(item), given.get(item.cause) ?? 0));
  }
  return given;
}

function placeOf(item: Item, given: Map<string, number>): Place {
  const own = moment(item);
  if (item.event !== "email" || !isOfMailgun(item)) return { item, at: own, own, step: 0 };
  const since = (item.cause && given.get(item.cause)) || 0;
  return { item, at: Math.max(own, since), own, step: 1 };
}

function moment({ time }: Item): number {
  return microseconds(time) ?? 0;
}
