/** Who is signed in, kept by supabase-js, and a token that is good for now. */

import type { Session, SupabaseClient } from "@supabase/supabase-js";
import { within } from "@/lib/deadline";
import { createListeners } from "@/lib/listeners";
import type { Row } from "@/realtime/types";
import { isOffline, onWake } from "@/realtime/wake";
import { isSame, LOADING, OUT, stateOf } from "./identity";
import type { AuthUser, SessionState } from "./identity";
import { sentenceOf } from "./signInErrors";
import { createTokens } from "./token";
import { usersRow } from "./usersRow";

export type { SessionState } from "./identity";

export interface SessionStore {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => SessionState;
  /**
   * A token good for a minute at least; null: signed out. Rejects where none can be had.
   * @param refused a token that is taken no longer, so that another one is wanted.
   */
  getToken: (refused?: string) => Promise<string | null>;
  /** Somebody was refused what they could do before: find out what they are now. */
  lookAgain: () => void;
  /** A sentence that says why not; null: signed in. */
  signIn: (email: string, password: string) => Promise<string | null>;
  signOut: () => Promise<void>;
}

/** Waits in milliseconds. After a sleep a refresh may hang on a connection that is dead. */
const TOKEN_DEADLINE = 10_000;
const SIGN_OUT_DEADLINE = 3_000;
/** Who somebody is, is not asked more often without a reason. */
export const LOOK_EVERY = 60_000;
/** So often nobody may answer before what was known holds on. */
const MOST_LOOKS = 5;

/** @param forget removes what supabase-js has stored, for when it cannot sign out itself. */
export function createSession(supabase: SupabaseClient, forget: () => void): SessionStore {
  const { subscribe, notify } = createListeners();
  const { auth } = supabase;
  const tokens = createTokens(auth);
  let state = LOADING;
  let turn = 0;
  let entering: string | null = null;
  /** As the newest token has it. */
  let user: AuthUser | null = null;
  let row: Row | null = null;
  let lookedAt = -Infinity;
  let isLooking = false;

  const set = (next: SessionState): void => {
    if (isSame(state, next)) return;
    state = next;
    notify();
  };

  const enter = async (session: Session | null): Promise<void> => {
    user = session?.user ?? null;
    if (user !== null && user.id === state.userId) {
      // A new token of the same person: its role may be another, and so may the row.
      set(stateOf(user, row));
      void look();
      return;
    }
    // Nor may it begin anew: the question itself may have asked for that token.
    if (user !== null && user.id === entering) return;
    entering = user?.id ?? null;
    turn += 1;
    if (user === null) set(OUT);
    else {
      if (state.status !== "loading") set(LOADING);
      await ask(user.id, Infinity);
    }
  };

  /** The row, and with it the state; what is known holds on where it cannot be had. */
  const ask = async (authId: string, most: number): Promise<void> => {
    const mine = turn;
    const isWanted = (attempts: number): boolean => mine === turn && attempts < most;
    lookedAt = Date.now();
    const found = await usersRow({ supabase, authId, renew: tokens.renew, isWanted });
    if (mine !== turn || user === null) return;
    if (entering !== null) row = null;
    entering = null;
    if (found === "unknown") setTimeout(() => void look(), LOOK_EVERY);
    else row = found;
    set(stateOf(user, row));
  };

  const look = async (first?: () => Promise<void>): Promise<void> => {
    const isTooEarly = Math.abs(Date.now() - lookedAt) < LOOK_EVERY;
    if (state.userId === null || isLooking || (isTooEarly && !first)) return;
    isLooking = true;
    try {
      await first?.().catch(() => undefined);
      if (user !== null) await ask(user.id, MOST_LOOKS);
    } finally {
      isLooking = false;
    }
  };

  /** The role is in the token: where the project knows another one, a new token has it. */
  const compareRoles = async (): Promise<void> => {
    const { data } = await auth.getUser();
    const isOther = data.user?.app_metadata.role !== user?.app_metadata.role;
    if (data.user && isOther) await tokens.renew();
  };

  auth.onAuthStateChange((_, session) => {
    // supabase-js holds its lock while it calls back: nothing may be asked of it here.
    setTimeout(() => void enter(session));
  });
  onWake(() => {
    const isTooEarly = Math.abs(Date.now() - lookedAt) < LOOK_EVERY;
    if (!isTooEarly && !isOffline()) void look(compareRoles);
  });

  return {
    subscribe,
    getSnapshot: () => state,
    getToken: (refused) => within(tokens.get(refused), TOKEN_DEADLINE),
    lookAgain: () => void look(tokens.renew),
    async signIn(email, password) {
      const { error } = await auth.signInWithPassword({ email, password });
      return error && sentenceOf(error);
    },
    async signOut() {
      const asked = auth.signOut({ scope: "local" });
      const done = await within(asked, SIGN_OUT_DEADLINE).catch(() => ({ error: true }));
      if (done.error) forget();
      await enter(null);
    },
  };
}
