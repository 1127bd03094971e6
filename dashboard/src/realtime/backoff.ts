/** How long to wait before the next try. */

import type { Reconnect } from "./closeCodes.js";

/** In milliseconds. */
export const BASE = 1_000;
export const CAP = 30_000;
/** Who comes back at once comes within this, so that not all do in the same moment. */
export const AT_ONCE = 200;
/** At once, and again: no server is helped by being hammered. */
export const FLOOR = 500;
export const LATER = 5_000;

/**
 * Milliseconds, null for never. `failures`: how many tries failed since a connection last
 * held. Full jitter: anything up to what has doubled with each failure, up to the cap.
 */
export function delayOf(
  reconnect: Reconnect,
  failures: number,
  random: () => number,
): number | null {
  if (reconnect === "never") return null;
  if (reconnect === "now" && failures === 0) return random() * AT_ONCE;
  const delay = random() * Math.min(CAP, BASE * 2 ** failures);
  if (reconnect === "now") return Math.max(FLOOR, delay);
  return reconnect === "later" ? LATER + delay : delay;
}
