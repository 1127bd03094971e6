/** The client: when to connect, from where on, and what its listeners are told. */

import { Attempts } from "./attempts.js";
import { reconnectOf } from "./closeCodes.js";
import { Connection, socketOf, TOKEN_DEADLINE } from "./connection.js";
import { Inbox } from "./inbox.js";
import { Listeners } from "./listeners.js";
import { auth, type ServerMessage, type Update, type Welcome } from "./protocol.js";
import { State } from "./state.js";
import type { Client, ClientOptions, ConnectionState, Message, Snapshot } from "./types.js";
import { isOffline, onWake } from "./wake.js";
import { within } from "./within.js";

export const SNAPSHOT_DEADLINE = 30_000;
/** What comes while a snapshot is fetched; beyond, the snapshot is fetched anew. */
export const MOST_HELD = 10_000;

/** Throws where there is no WebSocket. Nothing happens before `connect`. */
export function createClient(options: ClientOptions): Client {
  const { getToken, loadSnapshot, maxRate, now = Date.now, random = Math.random } = options;
  const Socket = options.WebSocket ?? (globalThis as Partial<typeof globalThis>).WebSocket;
  if (!Socket)
    throw new Error("there is no WebSocket here: pass one, for instance that of ws");

  const state = new State(now, options.since ?? null);
  const listeners = new Listeners<[Message]>();
  const inbox = new Inbox();
  let { filter } = options;
  let needsSnapshot = loadSnapshot !== undefined && options.since == null;
  /** Of the try, or the connection, that is under way. */
  let life = new AbortController();
  let connection: Connection | null = null;
  let held: Update[] | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopWaking: (() => void) | null = null;
  let attempts = new Attempts();
  let hasJoined = false;
  /** Expired, says the gateway: before the next try it is renewed. */
  let refused: string | null = null;

  function start(changes: Partial<ConnectionState> = {}): void {
    timer = undefined;
    life = new AbortController();
    const { signal } = life;
    state.change({ ...changes, nextTryAt: null });
    if (signal.aborted) return; // who was told of the change has left
    prepare(signal).then(
      (token) => signal.aborted || open(token),
      (fault: unknown) => signal.aborted || lost(0, (fault as Error).message),
    );
  }

  async function prepare(signal: AbortSignal): Promise<string> {
    if (loadSnapshot && needsSnapshot) {
      const snapshot = await within(SNAPSHOT_DEADLINE, "no snapshot", signal, loadSnapshot);
      if (!signal.aborted) show(snapshot, snapshot.asOf);
    }
    const token = await within(TOKEN_DEADLINE, "no token", signal, () =>
      refused === null ? getToken() : getToken(refused),
    );
    if (!token) throw new Error("no token");
    return token;
  }

  function open(token: string): void {
    const socket = socketOf(Socket as typeof WebSocket, options.url);
    if (!socket) {
      lost(4000, "no such address");
      return;
    }
    connection = new Connection({
      socket,
      token,
      auth: auth(token, state.current.lastEventId, filter, maxRate),
      getToken,
      now,
      random,
      onHeard: () => state.heard(),
      onMessage: hear,
      onEnd: lost,
    });
  }

  function hear(message: ServerMessage): void {
    if (message.type === "welcome") welcome(message);
    else if (message.type === "error") listeners.tell(message);
    else if (message.type === "pong") return;
    else if (held === null) deliver(message);
    else if (held.length < MOST_HELD) held.push(message);
    else lost(0, "too much to hold");
  }

  function welcome({ recovered, last_event_id: last }: Welcome): void {
    if (!recovered && loadSnapshot) {
      void restore(loadSnapshot, last, life.signal);
      return;
    }
    const isGap = !recovered && (hasJoined || state.current.lastEventId !== null);
    if (!recovered) state.passed(last);
    live();
    if (isGap) listeners.tell({ type: "gap" });
  }

  /** What the gateway tells while the snapshot is on its way comes after it. */
  async function restore(
    load: typeof loadSnapshot & {},
    last: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    needsSnapshot = true;
    held = [];
    try {
      const snapshot = await within(SNAPSHOT_DEADLINE, "no snapshot", signal, load);
      if (!signal.aborted) show(snapshot, last ?? snapshot.asOf);
    } catch {
      if (!signal.aborted) lost(0, "no snapshot");
    }
    for (const update of signal.aborted ? [] : held) if (!signal.aborted) deliver(update);
    if (signal.aborted) return;
    held = null;
    live();
  }

  function show(snapshot: Snapshot, lastEventId: string | null): void {
    needsSnapshot = false;
    inbox.reset(snapshot.rows);
    state.passed(lastEventId);
    listeners.tell({ type: "snapshot", snapshot });
  }

  function deliver(update: Update): void {
    if (!inbox.isNew(update.id)) return;
    state.passed(update.id);
    if (!inbox.isOvertaken(update)) listeners.tell(update);
  }

  function live(): void {
    attempts.joined(now());
    hasJoined = true;
    refused = null;
    state.change({ status: "live", attempt: 0 });
  }

  /** The end of a try, or of a connection, that nobody here asked for. */
  function lost(code: number, reason: string): void {
    const why = { code, reason };
    if (code === 4200 && connection) refused = connection.token;
    const wait = attempts.delay(code, now(), random, isOffline());
    if (wait === null) {
      leave({ status: "closed", reason: why });
      return;
    }
    end();
    timer = setTimeout(() => start(), wait);
    const { failed } = attempts;
    const nextTryAt = now() + wait;
    state.change({ status: "reconnecting", nextTryAt, attempt: failed, reason: why });
  }

  function end(): void {
    clearTimeout(timer);
    timer = undefined;
    life.abort();
    connection?.drop();
    connection = held = null;
  }

  function leave(changes: Pick<ConnectionState, "status" | "reason">): void {
    end();
    stopWaking?.();
    stopWaking = null;
    state.change({ ...changes, nextTryAt: null, attempt: 0 });
  }

  function retryNow(): void {
    if (timer === undefined) connection?.check();
    else {
      clearTimeout(timer);
      start();
    }
  }

  function wake(): void {
    const isLater = reconnectOf(state.current.reason?.code ?? 0) === "later";
    if (timer === undefined || !(isLater || isOffline())) retryNow();
  }

  return {
    connect() {
      if (stopWaking) return;
      stopWaking = onWake(wake);
      attempts = new Attempts();
      start({ status: "connecting", reason: null });
    },
    close() {
      if (stopWaking) leave({ status: "idle", reason: null });
    },
    subscribe: (listener) => listeners.add(listener),
    onState: (listener) => state.listeners.add(listener),
    getState: () => state.current,
    send: (message) => state.current.status === "live" && !!connection?.send(message),
    setFilter(wanted) {
      filter = wanted;
      connection?.send({ type: "filter", ...wanted });
    },
    retryNow,
  };
}
