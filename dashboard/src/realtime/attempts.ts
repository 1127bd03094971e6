/** How many tries have failed since a connection held, and when the next one is due. */

import { CAP, delayOf } from "./backoff.js";
import { reconnectOf } from "./closeCodes.js";

/** A connection that lasted so long, in milliseconds, was a good one. */
const GOOD = 10_000;

export class Attempts {
  failed = 0;
  #joinedAt = Infinity;

  joined(now: number): void {
    this.#joinedAt = now;
  }

  /**
   * Milliseconds until the next try after an end with that code, null for never. Without
   * a network a try does not count; one is made all the same, for that may be wrong.
   */
  delay(
    code: number,
    now: number,
    random: () => number,
    isOffline: boolean,
  ): number | null {
    if (now - this.#joinedAt >= GOOD) this.failed = 0;
    this.#joinedAt = Infinity;
    const delay = delayOf(reconnectOf(code), this.failed, random);
    if (delay === null) return null;
    if (isOffline) return CAP;
    this.failed += 1;
    return delay;
  }
}
