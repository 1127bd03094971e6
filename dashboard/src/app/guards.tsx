/** Who may be where: everybody else is shown the way. */

import { Navigate, Outlet, useLocation } from "react-router";
import { Splash } from "./Splash";
import { useSession } from "./context";

/** The page that one wanted to go to, in the state of the sign-in page's location. */
export interface Wanted {
  from: string;
}

export function SignedIn() {
  const { status } = useSession();
  const { pathname, search } = useLocation();
  if (status === "loading") return <Splash />;
  if (status === "in") return <Outlet />;
  const wanted: Wanted = { from: pathname + search };
  return <Navigate to="/sign-in" replace state={wanted} />;
}

export function AdminsOnly() {
  const { isAdmin } = useSession();
  return isAdmin ? <Outlet /> : <Navigate to="/artist" replace />;
}

/** Where to go after signing in; a path of this page, never another's address. */
export function destinationOf(state: unknown): string {
  const from = (state as Partial<Wanted> | null)?.from;
  return typeof from === "string" && /^\/(?![/\\])/.test(from) ? from : "/";
}
