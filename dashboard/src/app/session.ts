/** Who is signed in, kept by supabase-js, and a token that is good for now. */

import type { Session, SupabaseClient } from "@supabase/supabase-js";
import { within } from "@/lib/deadline";
import { createListeners } from "@/lib/listeners";
import type { Row } from "@/realtime/types";
import { LOADING, OUT, stateOf } from "./identity";
import type { SessionState } from "./identity";
import { sentenceOf } from "./signInErrors";

export type { SessionState } from "./identity";

export interface SessionStore {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => SessionState;
  /** A token good for a minute at least; null: signed out. Rejects where none can be had. */
  getToken: () => Promise<string | null>;
  /** A sentence that says why not; null: signed in. */
  signIn: (email: string, password: string) => Promise<string | null>;
  signOut: () => Promise<void>;
}

/** Waits in milliseconds. After a sleep a refresh may hang on a connection that is dead. */
const TOKEN_DEADLINE = 10_000;
const SIGN_OUT_DEADLINE = 3_000;
const RETRY_DELAYS = [500, 1_000, 2_000, 5_000, 10_000];
const FRESH_FOR = 60_000;

type Auth = SupabaseClient["auth"];

/** @param forget removes what supabase-js has stored, for when it cannot sign out itself. */
export function createSession(supabase: SupabaseClient, forget: () => void): SessionStore {
  const { subscribe, notify } = createListeners();
  let state = LOADING;
  let turn = 0;
  let entering: string | null = null;

  const set = (next: SessionState): void => {
    state = next;
    notify();
  };

  const enter = async (session: Session | null): Promise<void> => {
    // A new token of the same person changes nothing that the pages show.
    const userId = session?.user.id ?? null;
    if (state.status === "in" && userId === state.userId) return;
    // Nor may it begin anew: the question itself may have asked for that token.
    if (userId !== null && userId === entering) return;
    entering = userId;
    const mine = ++turn;
    if (session === null) {
      set(OUT);
      return;
    }
    if (state.status !== "loading") set(LOADING);
    const row = await rowOf(supabase, session.user.id, () => mine === turn);
    if (mine !== turn) return;
    entering = null;
    set(stateOf(session.user, row));
  };

  supabase.auth.onAuthStateChange((_, session) => {
    // supabase-js holds its lock while it calls back: nothing may be asked of it here.
    setTimeout(() => void enter(session));
  });

  return {
    subscribe,
    getSnapshot: () => state,
    getToken: () => within(freshToken(supabase.auth), TOKEN_DEADLINE),
    async signIn(email, password) {
      const { error } = await supabase.auth.signInWithPassword({ email, password });
      return error && sentenceOf(error);
    },
    async signOut() {
      const asked = supabase.auth.signOut({ scope: "local" });
      const done = await within(asked, SIGN_OUT_DEADLINE).catch(() => ({ error: true }));
      if (done.error) forget();
      await enter(null);
    },
  };
}

async function freshToken(auth: Auth): Promise<string | null> {
  const { data, error } = await auth.getSession();
  if (error && isPassing(error.status)) throw error;
  if (data.session === null) return null;
  if (expiry(data.session) - Date.now() > FRESH_FOR) return data.session.access_token;
  const refreshed = await auth.refreshSession();
  if (refreshed.data.session) return refreshed.data.session.access_token;
  if (isPassing(refreshed.error?.status)) throw refreshed.error ?? new Error("no session");
  return null;
}

/** The person's row; asked for again, ever more slowly, while nobody answers. */
async function rowOf(
  supabase: SupabaseClient,
  authId: string,
  isWanted: () => boolean,
): Promise<Row | null> {
  for (let attempt = 0; isWanted(); attempt += 1) {
    const { data, error, status } = await supabase
      .from("users")
      .select("*")
      .eq("authid", authId)
      .limit(1);
    if (!error) return (data[0] as Row | undefined) ?? null;
    if (!isPassing(status)) return null;
    await pause(RETRY_DELAYS[Math.min(attempt, RETRY_DELAYS.length - 1)] ?? 0);
  }
  return null;
}

const isPassing = (status: number | undefined): boolean =>
  !status || status === 429 || status >= 500;

const expiry = (session: Session): number => (session.expires_at ?? 0) * 1_000;

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
