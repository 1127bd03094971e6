/** What every part of the page may use, put together once at the start. */

import type { SupabaseClient } from "@supabase/supabase-js";
import { QueryClientProvider } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { createContext, use, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import type { Config } from "@/lib/config";
import type { SessionState, SessionStore } from "./session";
import type { ThemeStore } from "./theme";
import type { ToastStore } from "./toasts";

export interface App {
  config: Config;
  supabase: SupabaseClient;
  session: SessionStore;
  toasts: ToastStore;
  theme: ThemeStore;
}

const Context = createContext<App | null>(null);

interface AppProviderProps {
  app: App;
  queries: QueryClient;
  children: ReactNode;
}

export function AppProvider({ app, queries, children }: AppProviderProps) {
  return (
    <Context value={app}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </Context>
  );
}

export function useApp(): App {
  const app = use(Context);
  if (app === null) throw new Error("useApp outside of AppProvider");
  return app;
}

/** Who is signed in. */
export function useSession(): SessionState {
  const { session } = useApp();
  return useSyncExternalStore(session.subscribe, session.getSnapshot);
}
