/** Who is signed in, and as what: the way the gateway sees it. */

import type { Row } from "@/realtime/types";

export interface SessionState {
  status: "loading" | "out" | "in";
  userId: string | null;
  email: string | null;
  isAdmin: boolean;
  artistId: string | null;
}

/** What is used of Supabase's user. */
export interface AuthUser {
  id: string;
  email?: string | undefined;
  app_metadata: Record<string, unknown>;
}

const NOBODY = { userId: null, email: null, isAdmin: false, artistId: null };
export const LOADING: SessionState = { status: "loading", ...NOBODY };
export const OUT: SessionState = { status: "out", ...NOBODY };

/** The state of somebody whose `users` row, found by `authid`, is this. */
export function stateOf(user: AuthUser, row: Row | null): SessionState {
  const flagged = row !== null && (row.is_admin === true || row.admin === true);
  const id = row?.id;
  const isId = (typeof id === "string" && id !== "") || typeof id === "number";
  return {
    status: "in",
    userId: user.id,
    email: user.email ?? null,
    isAdmin: user.app_metadata.role === "admin" || flagged,
    artistId: isId ? String(id) : user.id,
  };
}

export function isSame(one: SessionState, other: SessionState): boolean {
  return (Object.keys(one) as (keyof SessionState)[]).every(
    (key) => one[key] === other[key],
  );
}
