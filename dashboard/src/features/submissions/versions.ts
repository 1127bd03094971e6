/** The order of versions, where it has to be known whether there is one. */

import type { Version } from "@/realtime/versions";

export const NO_VERSION: Version = { sequence: null, updatedAt: null, deleted: false };

/** Below zero: `mine` is the older one; null: they cannot be compared. */
export function compareVersions(mine: Version, theirs: Version): number | null {
  if (mine.sequence !== null && theirs.sequence !== null)
    return mine.sequence < theirs.sequence ? -1 : mine.sequence > theirs.sequence ? 1 : 0;
  if (mine.updatedAt !== null && theirs.updatedAt !== null)
    return Math.sign(mine.updatedAt - theirs.updatedAt);
  return null;
}
