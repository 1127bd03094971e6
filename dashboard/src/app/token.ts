/** A token that is good for now, got from supabase-js. */

import { isAuthApiError, isAuthRetryableFetchError } from "@supabase/supabase-js";
import type { Session, SupabaseClient } from "@supabase/supabase-js";

type Auth = SupabaseClient["auth"];

/** In milliseconds. A token with less left than this is renewed. */
const FRESH_FOR = 60_000;
/** No token is renewed more often on the word of others: they may be wrong as well. */
export const RENEW_EVERY = 10_000;

export interface Tokens {
  /**
   * Null: signed out. A token that is `refused` is renewed, whatever the clock here says.
   * Rejects where none can be had just now.
   */
  get: (refused?: string) => Promise<string | null>;
  /** A new token, for what it says is out of date, or refused; not too often. */
  renew: () => Promise<void>;
}

export function createTokens(auth: Auth): Tokens {
  let renewedAt = -Infinity;

  const mayRenew = (): boolean => {
    const now = Date.now();
    if (Math.abs(now - renewedAt) < RENEW_EVERY) return false;
    renewedAt = now;
    return true;
  };

  return {
    async get(refused) {
      forgetFailure(auth);
      const { data, error } = await auth.getSession();
      if (error && isPassing(error.status)) throw error;
      if (data.session === null) return null;
      const { access_token: token } = data.session;
      const isFresh = expiry(data.session) - Date.now() > FRESH_FOR;
      if (isFresh && (token !== refused || !mayRenew())) return token;
      return renewed(auth, token, token === refused);
    },
    async renew() {
      if (!mayRenew()) return;
      const { data } = await auth.getSession();
      if (data.session) await renewed(auth, data.session.access_token, true);
    },
  };
}

async function renewed(
  auth: Auth,
  before: string,
  isRefused: boolean,
): Promise<string | null> {
  const { data, error } = await auth.refreshSession();
  if (data.session) return data.session.access_token;
  if (isPassing(error?.status)) throw error ?? new Error("no session");
  // All tabs have one session: another one may have been faster.
  const stored = (await auth.getSession()).data.session?.access_token ?? null;
  if (stored !== before) return stored;
  // Neither taken nor renewed: supabase-js alone would wait for the end by its own clock.
  if (isRefused && isAuthApiError(error)) await auth.signOut({ scope: "local" });
  return null;
}

/**
 * supabase-js answers for a minute with a refresh that found no network, also when that is
 * back, and has no word to stop it. Who asks here has waited before asking again.
 */
function forgetFailure(auth: Auth): void {
  const memory = auth as unknown as {
    lastRefreshFailure?: { result: { error: unknown } } | null;
  };
  if (isAuthRetryableFetchError(memory.lastRefreshFailure?.result.error))
    memory.lastRefreshFailure = null;
}

/** Whether a request that failed so may succeed later. */
export const isPassing = (status: number | undefined): boolean =>
  !status || status === 408 || status === 429 || status >= 500;

const expiry = (session: Session): number => (session.expires_at ?? 0) * 1_000;
