/** One socket, from its opening to its end: auth, heartbeat, and a token that stays fresh. */

import { decode, type ServerMessage } from "./protocol.js";
import { within } from "./within.js";

/** Milliseconds that opening, and then the welcome, may take. */
export const OPEN_DEADLINE = 10_000;
export const WELCOME_DEADLINE = 20_000;
export const TOKEN_DEADLINE = 15_000;
/** An answer that is waited for after a wake-up. */
export const CHECK_DEADLINE = 4_000;
/** Who has just been heard is not asked. */
const JUST_HEARD = 1_000;
/** A timer that fires so far from its time has slept, or its clock was set. */
const SLEPT = 5_000;
const LONGEST_TIMER = 60_000;

export interface ConnectionOptions {
  socket: WebSocket;
  token: string;
  auth: Record<string, unknown>;
  getToken: (refused?: string) => Promise<string | null>;
  now: () => number;
  random: () => number;
  /** Something came, whatever it is. */
  onHeard: () => void;
  /** Of welcomes the first alone. */
  onMessage: (message: ServerMessage) => void;
  /** Once, and never after `drop`: a close code, or one that fits. */
  onEnd: (code: number, reason: string) => void;
}

/** Null where the address is none, or forbidden. */
export function socketOf(Socket: typeof WebSocket, url: string): WebSocket | null {
  try {
    return new Socket(url);
  } catch {
    return null;
  }
}

export class Connection {
  readonly #o: ConnectionOptions;
  readonly #over = new AbortController();
  #joined = false;
  #heardAt: number;
  #interval = 0;
  /** What is waited for has to come before this. */
  #deadline: number;
  #refreshAt = Infinity;
  #expiresAt = Infinity;
  #token: string;
  #offered: string;
  /** Asked for another one, we were given the same: the clock here may be behind. */
  #isStale = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #expected = 0;

  constructor(options: ConnectionOptions) {
    this.#o = options;
    this.#token = this.#offered = options.token;
    this.#heardAt = options.now();
    this.#deadline = this.#heardAt + OPEN_DEADLINE;
    const { socket } = options;
    socket.onopen = () => this.#greet();
    socket.onmessage = (event) => this.#hear(event.data);
    socket.onclose = (event) => this.#end(event.code, event.reason);
    socket.onerror = () => undefined; // a close follows; `ws` throws where nobody listens
    this.#arm();
  }

  /** The one that the gateway knows. */
  get token(): string {
    return this.#token;
  }

  /** False where it cannot be sent. */
  send(message: Record<string, unknown>): boolean {
    if (this.#isOver() || this.#o.socket.readyState !== 1) return false;
    this.#o.socket.send(JSON.stringify(message));
    return true;
  }

  /** Find out soon whether the other side is still there, for instance after a sleep. */
  check(slept = false): void {
    const now = this.#o.now();
    if (this.#isOver() || (!this.#joined && !slept)) return;
    if (now >= this.#expiresAt) this.#end(4200, "token expired");
    else if (slept && this.#deadline !== Infinity) this.#end(1006, "no answer");
    else if (slept || now - this.#heardAt >= JUST_HEARD) this.#ping(CHECK_DEADLINE);
    this.#arm();
  }

  /** Leave, without a word to anybody here. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#over.abort();
    this.#o.socket.close();
  }

  #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  #greet(): void {
    this.#deadline = this.#o.now() + WELCOME_DEADLINE;
    this.send(this.#o.auth);
  }

  #hear(frame: unknown): void {
    if (this.#isOver()) return;
    this.#heardAt = this.#o.now();
    if (this.#joined) this.#deadline = Infinity;
    const message = decode(frame);
    if (message?.type !== "welcome") {
      if (message) this.#o.onMessage(message);
    } else {
      this.#interval = Math.max(0.1, message.ping_interval) * 1_000;
      this.#token = this.#offered;
      this.#expiresAt = this.#heardAt + message.token_expires_in * 1_000;
      this.#deadline = Infinity;
      this.#planRefresh();
      const isFirst = !this.#joined;
      this.#joined = true;
      this.#arm();
      if (isFirst) this.#o.onMessage(message);
    }
    if (!this.#isOver()) this.#o.onHeard();
  }

  #end(code: number, reason: string): void {
    if (this.#isOver()) return;
    this.drop();
    this.#o.onEnd(code, reason);
  }

  #ping(patience: number): void {
    this.#deadline = Math.min(this.#deadline, this.#o.now() + patience);
    this.send({ type: "ping" });
  }

  /** At about 80 % of what is left, not all clients at the same. */
  #planRefresh(): void {
    const now = this.#o.now();
    const share = 0.75 + this.#o.random() * 0.1;
    this.#refreshAt = now + Math.max(1_000, (this.#expiresAt - now) * share);
  }

  async #refresh(): Promise<void> {
    this.#refreshAt = Infinity;
    const refused = this.#isStale ? [this.#token] : [];
    const ask = (): Promise<string | null> => this.#o.getToken(...refused);
    const asked = within(TOKEN_DEADLINE, "no token", this.#over.signal, ask);
    const token = await asked.catch(() => null);
    if (this.#isOver()) return;
    // The same one as before, or none: asked for again when less of its life is left.
    this.#isStale = token === this.#token;
    if (token && token !== this.#token && this.send({ type: "auth", token }))
      this.#offered = token;
    this.#planRefresh();
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isOver()) return;
    const now = this.#o.now();
    const pingAt = this.#joined ? this.#heardAt + this.#interval : Infinity;
    const due = this.#deadline < Infinity ? this.#deadline : pingAt;
    const delay = Math.min(
      Math.max(0, Math.min(due, this.#refreshAt) - now),
      LONGEST_TIMER,
    );
    this.#expected = now + delay;
    this.#timer = setTimeout(() => this.#step(), delay);
  }

  /** What came in the meantime may have moved what is due: then nothing is done. */
  #step(): void {
    const now = this.#o.now();
    if (Math.abs(now - this.#expected) > SLEPT) this.check(true);
    else if (now >= this.#deadline)
      this.#end(1006, this.#joined ? "no answer" : "no welcome");
    else if (this.#deadline === Infinity && now >= this.#heardAt + this.#interval)
      this.#ping(1.5 * this.#interval);
    if (!this.#isOver() && now >= this.#refreshAt) void this.#refresh();
    this.#arm();
  }
}
