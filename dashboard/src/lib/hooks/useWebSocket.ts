/** A socket that reconnects by itself, shared by all who name the same address. */

import {
  useCallback,
  useEffect,
  useEffectEvent,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { ClientOptions, ConnectionState, Message } from "@/realtime/types";
import { nameOf } from "./connection";
import type { HookStatus } from "./connection";
import { IDLE, sharedSockets } from "./registry";
import type { Registry } from "./registry";

export interface WebSocketOptions extends Omit<ClientOptions, "url"> {
  onMessage?: ((message: Message) => void) | undefined;
  /** Called when it has come or gone, with the status it has then. */
  onConnectionChange?: ((isConnected: boolean, status: HookStatus) => void) | undefined;
  /** `loadSnapshot` failed, or took too long; it is tried again. */
  onSnapshotFailed?: (() => void) | undefined;
  /** False: no socket, as long as nobody else wants it. */
  enabled?: boolean;
  /** Whose socket it is: another person gets another one. */
  owner?: string | null;
  registry?: Registry;
}

type Load = NonNullable<ClientOptions["loadSnapshot"]>;

export interface Socket {
  isConnected: boolean;
  connectionStatus: HookStatus;
  connection: ConnectionState;
  /** What this hook was told last. Who reads it is rendered at every message. */
  readonly lastMessage: Message | null;
  /** False where there is no live connection: it was not sent. */
  sendMessage: (message: Record<string, unknown>) => boolean;
  /** Try at once where it waits for the next attempt, or was told never to come back. */
  retryNow: () => void;
}

/**
 * Whoever comes first opens the socket, with its options; a snapshot is everybody's own.
 * Handlers are always the latest, and need not be stable.
 */
export function useWebSocket(url: string, options: WebSocketOptions): Socket {
  const { enabled = true, registry = sharedSockets } = options;
  const key = keyOf(url, options);
  const [reader] = useState(() => new LastMessage());

  const onMessage = useEffectEvent((message: Message) => options.onMessage?.(message));
  const onSnapshotFailed = useEffectEvent(() => options.onSnapshotFailed?.());
  const getToken = useEffectEvent((refused?: string) => options.getToken(refused));
  const load = useEffectEvent((loaded: Load, signal: AbortSignal) =>
    (options.loadSnapshot ?? loaded)(signal),
  );
  const open = useEffectEvent(() => {
    const { loadSnapshot } = options;
    const latest = {
      getToken: (refused?: string) => getToken(refused),
      ...(loadSnapshot && {
        loadSnapshot: (signal: AbortSignal) => load(loadSnapshot, signal),
      }),
    };
    const told = { onMessage, onSnapshotFailed };
    return registry.acquire(key, reader, { ...options, url, ...latest }, told);
  });
  useEffect(() => (enabled ? open() : undefined), [registry, key, enabled]);

  const { subscribe } = registry;
  const state = useSyncExternalStore(subscribe, () => registry.stateOf(key, reader));
  useSyncExternalStore(subscribe, () => reader.watched(registry, key));
  const connection = enabled ? state : IDLE;
  const isConnected = connection.status === "live";
  const connectionStatus = nameOf(connection.status);
  useChange(isConnected, () => options.onConnectionChange?.(isConnected, connectionStatus));

  const sendMessage = useCallback(
    (message: Record<string, unknown>) => registry.clientOf(key)?.send(message) ?? false,
    [registry, key],
  );
  const retryNow = useCallback(
    () => registry.retryNow(key, reader),
    [registry, key, reader],
  );
  return {
    isConnected,
    connectionStatus,
    connection,
    sendMessage,
    retryNow,
    get lastMessage() {
      return reader.read(registry, key);
    },
  };
}

/** A reader's last message: only where it is read does another one ask for a render. */
class LastMessage {
  #isRead = false;

  read(registry: Registry, key: string): Message | null {
    this.#isRead = true;
    return registry.lastMessageOf(key, this);
  }

  watched(registry: Registry, key: string): Message | null {
    return this.#isRead ? registry.lastMessageOf(key, this) : null;
  }
}

/** Says when it has become true, and when it stopped being so; not that we leave. */
function useChange(value: boolean, onChange: () => void): void {
  const change = useEffectEvent(onChange);
  const told = useRef(false);
  useEffect(() => {
    if (told.current === value) return;
    told.current = value;
    change();
  }, [value]);
}

/** Who hears less than the others, by a filter or a rate, needs a socket for that. */
function keyOf(url: string, { owner, filter, maxRate }: WebSocketOptions): string {
  return JSON.stringify([owner ?? null, url, filter ?? null, maxRate ?? null]);
}
