/** One user of a shared socket: what it is told, and how its connection looks to it. */

import { delayOf } from "@/realtime/backoff";
import { Inbox } from "@/realtime/inbox";
import { Listeners } from "@/realtime/listeners";
import type { ClientOptions, ConnectionState, Message, Snapshot } from "@/realtime/types";
import { within } from "@/realtime/within";

export type Update = Extract<Message, { id: string }>;
type Load = NonNullable<ClientOptions["loadSnapshot"]>;

/** Milliseconds: fifty thousand rows are a hundred pages. */
export const SNAPSHOT_DEADLINE = 60_000;
/** What comes while a snapshot is fetched; beyond, it is fetched anew. */
export const MOST_HELD = 10_000;

export interface ReaderOptions {
  /** The socket's, as it is when this reader comes. */
  connection: ConnectionState;
  /** What the socket told of late. */
  recent: readonly Update[];
  load: Load | undefined;
  onMessage: (message: Message) => void;
  /** A snapshot could not be had; it is tried again. */
  onSnapshotFailed: () => void;
  /** There is another state, or another last message. */
  onChange: () => void;
}

/**
 * Without a loader it is told everything, as it comes. With one: first a snapshot that was
 * asked for after the socket had joined, then what followed it. What comes meanwhile is
 * held, so it does not matter when a reader comes, nor who was there before.
 */
export class Reader {
  state: ConnectionState;
  lastMessage: Message | null = null;
  readonly #o: ReaderOptions;
  readonly #listeners = new Listeners<[Message]>();
  readonly #inbox = new Inbox();
  #connection: ConnectionState;
  /** Null: the reader is whole, and every update told at once. */
  #held: Update[] | null;
  /** How many of those came before this reader, or before the snapshot was asked for. */
  #earlier: number;
  /** Of the load that is under way. */
  #life: AbortController | null = null;
  #hasJoined = false;
  #hasShown = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextTryAt: number | null = null;
  #isOver = false;

  constructor(options: ReaderOptions) {
    this.#o = options;
    this.#listeners.add(options.onMessage);
    this.#held = options.load ? [...options.recent] : null;
    this.#earlier = options.recent.length;
    this.state = this.#connection = options.connection;
    this.connectionChanged(options.connection);
  }

  hear(message: Message): void {
    if (message.type === "gap" && this.#o.load) this.#startAnew();
    else if (!("id" in message)) this.#tell(message);
    else if (this.#held === null) this.#deliver(message);
    else if (this.#held.length < MOST_HELD) this.#held.push(message);
    else this.#failed();
  }

  connectionChanged(connection: ConnectionState): void {
    this.#connection = connection;
    const { status } = connection;
    const joinsNow = status === "live" && !this.#hasJoined;
    this.#hasJoined ||= joinsNow;
    // Where the socket cannot be had, rows without news are better than none.
    const isVain = status === "reconnecting" || status === "closed";
    const wantsRows = isVain && !this.#hasShown && this.#failures === 0 && !this.#life;
    if (this.#held !== null && (joinsNow || wantsRows)) this.#begin();
    this.#changed();
  }

  /** Where a snapshot could not be had, and the next try is waited for. */
  retryNow(): void {
    if (this.#held === null || this.#life !== null || this.#failures === 0) return;
    this.#begin();
    this.#changed();
  }

  stop(): void {
    this.#isOver = true;
    this.#calm();
  }

  #startAnew(): void {
    this.#held = [];
    this.#earlier = 0;
    this.#begin();
    this.#changed();
  }

  /** Not in the same moment: StrictMode comes, leaves and comes again. */
  #begin(): void {
    this.#calm();
    const life = (this.#life = new AbortController());
    const isAnchored = this.#hasJoined;
    queueMicrotask(() => void this.#load(life.signal, isAnchored));
  }

  async #load(signal: AbortSignal, isAnchored: boolean): Promise<void> {
    const { load } = this.#o;
    const isLeft = (): boolean => signal.aborted;
    if (isLeft() || !load) return;
    try {
      const snapshot = await within(SNAPSHOT_DEADLINE, "no snapshot", signal, load);
      if (!isLeft()) this.#show(snapshot, isAnchored);
    } catch {
      if (!isLeft()) this.#failed();
    }
  }

  #show(snapshot: Snapshot, isAnchored: boolean): void {
    this.#inbox.reset(snapshot.rows);
    this.#calm();
    this.#failures = 0;
    this.#hasShown = true;
    this.#tell({ type: "snapshot", snapshot });
    if (isAnchored && this.#held !== null) {
      const held = this.#held;
      const known = held.findLastIndex(({ id }) => id === snapshot.asOf);
      this.#held = null;
      const following = held.slice(known < 0 ? this.#earlier : known + 1);
      for (const update of following) if (!this.#isOver) this.#deliver(update);
    }
    this.#changed();
  }

  #failed(): void {
    this.#calm();
    this.#failures += 1;
    if (this.#held !== null && this.#held.length >= MOST_HELD) {
      this.#held = [];
      this.#earlier = 0;
    }
    // Whom the gateway has refused is not let in by asking for rows.
    if (this.#connection.status !== "closed") {
      const wait = delayOf("backoff", this.#failures, Math.random) ?? 0;
      this.#nextTryAt = Date.now() + wait;
      this.#timer = setTimeout(() => {
        this.#begin();
        this.#changed();
      }, wait);
    }
    this.#o.onSnapshotFailed();
    this.#changed();
  }

  #calm(): void {
    this.#life?.abort();
    this.#life = this.#nextTryAt = null;
    clearTimeout(this.#timer);
  }

  #deliver(update: Update): void {
    if (!this.#o.load || !this.#inbox.isOvertaken(update)) this.#tell(update);
  }

  #tell(message: Message): void {
    this.lastMessage = message;
    this.#listeners.tell(message);
    this.#o.onChange();
  }

  #changed(): void {
    if (this.#isOver) return;
    this.state = this.#seen();
    this.#o.onChange();
  }

  /** A socket that is live is no live page, as long as its rows are not there. */
  #seen(): ConnectionState {
    const shared = this.#connection;
    if (this.#held === null || shared.status !== "live") return shared;
    const isAgain = this.#hasShown || this.#failures > 0;
    const status = isAgain ? "reconnecting" : "connecting";
    const since = this.state.status === status ? this.state.since : Date.now();
    const reason = this.#failures > 0 ? { code: 0, reason: "no snapshot" } : shared.reason;
    const nextTryAt = this.#nextTryAt;
    return { ...shared, status, since, reason, nextTryAt, attempt: this.#failures };
  }
}
