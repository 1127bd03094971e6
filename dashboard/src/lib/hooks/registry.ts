/** The sockets that are open: one for each address, shared by all who want it. */

import { createListeners } from "@/lib/listeners";
import { createClient } from "@/realtime/client";
import type { Client, ClientOptions, ConnectionState, Message } from "@/realtime/types";

/** How long a socket outlives its last user, in milliseconds: a page gives way to another. */
const GRACE = 1_000;

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
  /** As it was told last: the client's own is another one after every message. */
  state: ConnectionState;
  users: number;
  lastMessage: Message | null;
  closing: ReturnType<typeof setTimeout> | undefined;
}

export interface Registry {
  /** Use the socket of this key, opened with these options where there is none yet. */
  acquire: (
    key: string,
    options: ClientOptions,
    onMessage: (message: Message) => void,
  ) => () => void;
  /** Told of every change of any socket's connection or last message. */
  subscribe: (listener: () => void) => () => void;
  stateOf: (key: string) => ConnectionState;
  lastMessageOf: (key: string) => Message | null;
  clientOf: (key: string) => Client | null;
}

export function createRegistry(
  makeClient: (options: ClientOptions) => Client = createClient,
): Registry {
  const { subscribe, notify } = createListeners();
  const open = new Map<string, Shared>();

  const start = (key: string, options: ClientOptions): Shared => {
    const client = makeClient(options);
    const shared: Shared = {
      client,
      state: client.getState(),
      users: 0,
      lastMessage: null,
      closing: undefined,
    };
    client.onState(() => {
      shared.state = client.getState();
      notify();
    });
    client.subscribe((message) => {
      shared.lastMessage = message;
      notify();
    });
    open.set(key, shared);
    return shared;
  };

  const release = (key: string, shared: Shared): void => {
    shared.users -= 1;
    if (shared.users > 0) return;
    shared.closing = setTimeout(() => {
      open.delete(key);
      shared.client.close();
      notify();
    }, GRACE);
  };

  return {
    subscribe,
    acquire(key, options, onMessage) {
      const known = open.get(key);
      const shared = known ?? start(key, options);
      clearTimeout(shared.closing);
      shared.users += 1;
      const stop = shared.client.subscribe(onMessage);
      // Only now: whoever opens it must not miss the first message.
      if (known === undefined) shared.client.connect();
      notify();
      return () => {
        stop();
        release(key, shared);
      };
    },
    stateOf: (key) => open.get(key)?.state ?? IDLE,
    lastMessageOf: (key) => open.get(key)?.lastMessage ?? null,
    clientOf: (key) => open.get(key)?.client ?? null,
  };
}

export const sharedSockets = createRegistry();
