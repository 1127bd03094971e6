/** What a connection is called: the names that the hooks have always used. */

import { useSyncExternalStore } from "react";
import type { Client, ConnectionState, ConnectionStatus } from "@/realtime/types";

export type HookStatus =
  "connecting" | "connected" | "reconnecting" | "disconnected" | "error";

const NAMES: Record<ConnectionStatus, HookStatus> = {
  idle: "disconnected",
  connecting: "connecting",
  live: "connected",
  reconnecting: "reconnecting",
  closed: "error",
};

export const nameOf = (status: ConnectionStatus): HookStatus => NAMES[status];

/** The state of one client's connection, as it changes. */
export function useConnection(client: Client): ConnectionState {
  return useSyncExternalStore(
    (listener) => client.onState(listener),
    () => client.getState(),
  );
}
