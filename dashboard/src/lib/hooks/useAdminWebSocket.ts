/** The admins' room: every submission and every mail. */

import { useRoom } from "./useRoom";
import type { RoomOptions } from "./useRoom";
import type { Socket } from "./useWebSocket";

export function useAdminWebSocket(options: RoomOptions = {}): Socket {
  return useRoom("admin", options);
}
