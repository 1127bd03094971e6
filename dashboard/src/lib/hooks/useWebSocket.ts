/** A socket that reconnects by itself, shared by all who name the same address. */

import { useCallback, useEffect, useEffectEvent, useId, useSyncExternalStore } from "react";
import type { ClientOptions, ConnectionState, Message } from "@/realtime/types";
import { nameOf } from "./connection";
import type { HookStatus } from "./connection";
import { IDLE, sharedSockets } from "./registry";
import type { Registry } from "./registry";

export interface WebSocketOptions extends Omit<ClientOptions, "url"> {
  onMessage?: ((message: Message) => void) | undefined;
  /** Called when it has come or gone, with the status it has then. */
  onConnectionChange?: ((isConnected: boolean, status: HookStatus) => void) | undefined;
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
  /** False where there is no live connection: it was not sent. */
  sendMessage: (message: Record<string, unknown>) => boolean;
  /** Try at once where it waits for the next attempt, or was told never to come back. */
  retryNow: () => void;
}

/**
 * Whoever comes first opens the socket, with its options. Handlers are always the latest,
 * and need not be stable.
 */
export function useWebSocket(
  url: string,
  options: WebSocketOptions,
): Socket & { lastMessage: Message | null } {
  const registry = options.registry ?? sharedSockets;
  const key = useKey(url, options);
  const lastMessage = useSyncExternalStore(registry.subscribe, () =>
    registry.lastMessageOf(key),
  );
  return { ...useKeyed(key, url, options), lastMessage };
}

/** As `useWebSocket`, for who does not want to be rendered at every message. */
export function useSocket(url: string, options: WebSocketOptions): Socket {
  return useKeyed(useKey(url, options), url, options);
}

function useKeyed(key: string, url: string, options: WebSocketOptions): Socket {
  const { enabled = true, registry = sharedSockets } = options;

  const onMessage = useEffectEvent((message: Message) => options.onMessage?.(message));
  const getToken = useEffectEvent(() => options.getToken());
  const load = useEffectEvent((loaded: Load, signal: AbortSignal) =>
    (options.loadSnapshot ?? loaded)(signal),
  );
  const open = useEffectEvent(() => {
    const { loadSnapshot } = options;
    const latest = {
      getToken: () => getToken(),
      ...(loadSnapshot && {
        loadSnapshot: (signal: AbortSignal) => load(loadSnapshot, signal),
      }),
    };
    return registry.acquire(key, { ...options, url, ...latest }, onMessage);
  });
  useEffect(() => (enabled ? open() : undefined), [registry, key, enabled]);

  const state = useSyncExternalStore(registry.subscribe, () => registry.stateOf(key));
  const connection = enabled ? state : IDLE;
  const isConnected = connection.status === "live";
  const connectionStatus = nameOf(connection.status);
  useChange(isConnected, () => options.onConnectionChange?.(isConnected, connectionStatus));

  const sendMessage = useCallback(
    (message: Record<string, unknown>) => registry.clientOf(key)?.send(message) ?? false,
    [registry, key],
  );
  const retryNow = useCallback(() => {
    const client = registry.clientOf(key);
    if (client?.getState().status === "closed") client.connect();
    else client?.retryNow();
  }, [registry, key]);
  return { isConnected, connectionStatus, connection, sendMessage, retryNow };
}

/** Says when it became true, and when it stopped being so. */
function useChange(value: boolean, onChange: () => void): void {
  const change = useEffectEvent(onChange);
  useEffect(() => {
    if (!value) return;
    change();
    return () => change();
  }, [value]);
}

/**
 * One socket for all who name the same address, except for whoever shows a snapshot:
 * that comes once, and must not go to somebody else's page.
 */
function useKey(url: string, { owner, loadSnapshot }: WebSocketOptions): string {
  const own = useId();
  return `${owner ?? ""} ${loadSnapshot ? own : ""} ${url}`;
}
