/** The room of one artist: what becomes of the own submissions. */

import { useRoom } from "./useRoom";
import type { RoomOptions } from "./useRoom";
import type { Socket } from "./useWebSocket";

/** @param userId `users.id` or the Supabase Auth id; null: not known yet, no socket. */
export function useArtistWebSocket(
  userId: string | null,
  options: Omit<RoomOptions, "onEmailUpdate"> = {},
): Socket {
  return useRoom(`artist/${encodeURIComponent(userId ?? "")}`, {
    ...options,
    enabled: (options.enabled ?? true) && userId !== null,
  });
}
