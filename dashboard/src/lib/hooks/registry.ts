/** The sockets that are open: one for each address and person, shared by all who want it. */

import { createListeners } from "@/lib/listeners";
import { createClient } from "@/realtime/client";
import type { Client, ClientOptions, ConnectionState, Message } from "@/realtime/types";
import { Reader, type ReaderOptions, type Update } from "./reader";

/** How long a socket outlives its last user, in milliseconds: a page gives way to another. */
const GRACE = 1_000;
/** So many updates are kept for who comes later: a snapshot may be older than the newest. */
const MOST_RECENT = 1_000;

export const IDLE: ConnectionState = {
  status: "idle",
  since: 0,
  heardAt: null,
  nextTryAt: null,
  attempt: 0,
  reason: null,
  lastEventId: null,
};

interface Shared {
  client: Client;
  /** Of who came last, for the others may have left. */
  getToken: ClientOptions["getToken"];
  readers: Map<object, Reader>;
  recent: Update[];
  closing: ReturnType<typeof setTimeout> | undefined;
}

/** What a user of a socket is told. */
export type Told = Pick<ReaderOptions, "onMessage" | "onSnapshotFailed">;

export interface Registry {
  /**
   * Use the socket of this key, opened with these options where there is none yet; the
   * loader is this reader's own. Returns how to stop.
   */
  acquire: (key: string, reader: object, options: ClientOptions, told: Told) => () => void;
  /** Told of every change of any reader's connection or last message. */
  subscribe: (listener: () => void) => () => void;
  stateOf: (key: string, reader: object) => ConnectionState;
  lastMessageOf: (key: string, reader: object) => Message | null;
  clientOf: (key: string) => Client | null;
  /** Try at once what waits, or was told never to come back. */
  retryNow: (key: string, reader: object) => void;
}

export function createRegistry(
  makeClient: (options: ClientOptions) => Client = createClient,
): Registry {
  const { subscribe, notify } = createListeners();
  const open = new Map<string, Shared>();

  const start = (key: string, options: ClientOptions): Shared => {
    const own = {
      ...options,
      getToken: (refused?: string) => shared.getToken(refused),
    };
    delete own.loadSnapshot;
    const client = makeClient(own);
    const shared: Shared = {
      client,
      getToken: options.getToken,
      readers: new Map(),
      recent: [],
      closing: undefined,
    };
    client.onState(() => {
      const state = client.getState();
      for (const reader of [...shared.readers.values()]) reader.connectionChanged(state);
    });
    client.subscribe((message) => {
      for (const reader of [...shared.readers.values()]) reader.hear(message);
      remember(shared, message);
    });
    open.set(key, shared);
    return shared;
  };

  const release = (key: string, shared: Shared): void => {
    if (shared.readers.size > 0) return;
    shared.closing = setTimeout(() => {
      open.delete(key);
      shared.client.close();
      notify();
    }, GRACE);
  };

  const readerOf = (key: string, reader: object): Reader | undefined =>
    open.get(key)?.readers.get(reader);

  return {
    subscribe,
    acquire(key, id, options, told) {
      const known = open.get(key);
      const shared = known ?? start(key, options);
      clearTimeout(shared.closing);
      shared.getToken = options.getToken;
      const reader = new Reader({
        connection: shared.client.getState(),
        recent: shared.recent,
        load: options.loadSnapshot,
        ...told,
        onChange: notify,
      });
      shared.readers.set(id, reader);
      // Only now: whoever opens it must not miss the first message.
      if (known === undefined) shared.client.connect();
      notify();
      return () => {
        reader.stop();
        if (shared.readers.get(id) === reader) shared.readers.delete(id);
        release(key, shared);
      };
    },
    stateOf: (key, reader) => readerOf(key, reader)?.state ?? IDLE,
    lastMessageOf: (key, reader) => readerOf(key, reader)?.lastMessage ?? null,
    clientOf: (key) => open.get(key)?.client ?? null,
    retryNow(key, reader) {
      const client = open.get(key)?.client;
      if (client?.getState().status === "closed") client.connect();
      else client?.retryNow();
      readerOf(key, reader)?.retryNow();
    },
  };
}

/** What came before a gap does not lead up to what comes after it. */
function remember(shared: Shared, message: Message): void {
  if (message.type === "gap") shared.recent = [];
  if (!("id" in message)) return;
  shared.recent.push(message);
  if (shared.recent.length >= 2 * MOST_RECENT)
    shared.recent = shared.recent.slice(-MOST_RECENT);
}

export const sharedSockets = createRegistry();
