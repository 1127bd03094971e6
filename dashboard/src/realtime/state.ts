/** What is known of the connection, as an object that changes only with what it says. */

import { Listeners } from "./listeners.js";
import type { ConnectionState } from "./types.js";

/** Those who look are not called for each message, but so often at most, in milliseconds. */
const HEARD_EVERY = 1_000;

export class State {
  readonly listeners = new Listeners<[]>();
  readonly #now: () => number;
  #current: ConnectionState;
  #toldAt = 0;

  constructor(now: () => number, lastEventId: string | null) {
    this.#now = now;
    this.#current = {
      status: "idle",
      since: now(),
      heardAt: null,
      nextTryAt: null,
      attempt: 0,
      reason: null,
      lastEventId,
    };
  }

  get current(): ConnectionState {
    return this.#current;
  }

  change(changes: Partial<ConnectionState>): void {
    const status = changes.status ?? this.#current.status;
    const since = status === this.#current.status ? this.#current.since : this.#now();
    this.#current = { ...this.#current, ...changes, since };
    this.#tell();
  }

  /** A message was heard, or something else came. */
  heard(): void {
    const heardAt = this.#now();
    this.#current = { ...this.#current, heardAt };
    if (Math.abs(heardAt - this.#toldAt) >= HEARD_EVERY) this.#tell();
  }

  /** Without a call: `heard` follows. */
  passed(lastEventId: string | null): void {
    this.#current = { ...this.#current, lastEventId };
  }

  #tell(): void {
    this.#toldAt = this.#now();
    this.listeners.tell();
  }
}
