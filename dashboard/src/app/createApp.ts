/** Build what the pages share: nothing else opens a connection to Supabase. */

import { createClient } from "@supabase/supabase-js";
import { QueryClient } from "@tanstack/react-query";
import type { Config } from "@/lib/config";
import { fetchWithin } from "@/lib/deadline";
import type { App } from "./context";
import { createSession } from "./session";
import type { SessionStore } from "./session";
import type { ThemeStore } from "./theme";
import { createToasts } from "./toasts";

const SESSION_KEY = "melotech-session";
/** Milliseconds: a request that hangs after a sleep must not hold up the next. */
const REQUEST_DEADLINE = 20_000;

export function createApp(config: Config, theme: ThemeStore): App {
  const supabase = createClient(config.supabaseUrl, config.supabaseAnonKey, {
    auth: {
      autoRefreshToken: true,
      persistSession: true,
      detectSessionInUrl: false,
      storageKey: SESSION_KEY,
    },
    global: { fetch: fetchWithin(REQUEST_DEADLINE) },
  });
  const session = createSession(supabase, () => localStorage.removeItem(SESSION_KEY));
  return { config, supabase, session, theme, toasts: createToasts() };
}

/** The answers of the API that are kept: of one person, never shown to the next. */
export function createQueries(session: SessionStore): QueryClient {
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: 1, staleTime: 5_000 } },
  });
  let owner = session.getSnapshot().userId;
  session.subscribe(() => {
    const { userId } = session.getSnapshot();
    if (userId !== owner) queries.clear();
    owner = userId;
  });
  return queries;
}
