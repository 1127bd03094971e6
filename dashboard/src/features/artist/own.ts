/** Where an artist's own submissions are read from. */

import type { SessionState } from "@/app/session";
import { loadSubmissions, type GetPage } from "@/features/submissions/load";
import type { Snapshot } from "@/realtime/types";

/**
 * The gateway shows artists their own rows, under any of their ids. Admins are shown all,
 * and here want those that are theirs.
 */
export function ownPath(
  path: string,
  { isAdmin, artistId }: Pick<SessionState, "isAdmin" | "artistId">,
): string {
  return isAdmin ? `${path}&artist_id=${encodeURIComponent(artistId ?? "")}` : path;
}

export function loadOwn(
  get: GetPage,
  session: Pick<SessionState, "isAdmin" | "artistId">,
  signal: AbortSignal,
): Promise<Snapshot> {
  return loadSubmissions((path, stop) => get(ownPath(path, session), stop), signal);
}
