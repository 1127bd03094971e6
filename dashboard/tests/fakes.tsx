/** Stand-ins for what tests cannot have: a gateway, a project of Supabase. */

import { createClient } from "@supabase/supabase-js";
import { QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { AppProvider } from "@/app/context";
import type { App } from "@/app/context";
import { LOADING } from "@/app/identity";
import type { SessionState, SessionStore } from "@/app/session";
import { createToasts } from "@/app/toasts";
import type { ThemeStore } from "@/app/theme";
import type { Config } from "@/lib/config";
import { createListeners } from "@/lib/listeners";
import { IDLE } from "@/lib/hooks/registry";
import type {
  Client,
  ClientOptions,
  ConnectionState,
  EmailUpdate,
  Message,
  SubmissionUpdate,
} from "@/realtime/types";

export const CONFIG: Config = {
  backendUrl: "http://edge.test",
  supabaseUrl: "http://project.test",
  supabaseAnonKey: "anon",
  bucket: "submissions",
};

export interface FakeClient extends Client {
  options: ClientOptions;
  sent: Record<string, unknown>[];
  isClosed: boolean;
  become: (state: Partial<ConnectionState>) => void;
  tell: (message: Message) => void;
}

export function fakeClient(options: ClientOptions): FakeClient {
  const states = createListeners();
  const listeners = new Set<(message: Message) => void>();
  let state = IDLE;
  const client: FakeClient = {
    options,
    sent: [],
    isClosed: false,
    become(next) {
      state = { ...state, ...next };
      states.notify();
    },
    tell: (message) => listeners.forEach((listener) => listener(message)),
    connect: () => client.become({ status: "connecting" }),
    close() {
      client.isClosed = true;
      client.become({ status: "idle" });
    },
    subscribe(listener) {
      const entry = (message: Message): void => listener(message);
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    onState: (listener) => states.subscribe(listener),
    getState: () => state,
    send(message) {
      if (state.status === "live") client.sent.push(message);
      return state.status === "live";
    },
    setFilter: () => undefined,
    retryNow: () => client.become({ status: "connecting" }),
  };
  return client;
}

export interface FakeSession extends SessionStore {
  become: (state: Partial<SessionState>) => void;
}

export function fakeSession(initial: Partial<SessionState> = {}): FakeSession {
  const { subscribe, notify } = createListeners();
  let state: SessionState = { ...LOADING, ...initial };
  const become = (next: Partial<SessionState>): void => {
    state = { ...state, ...next };
    notify();
  };
  return {
    subscribe,
    getSnapshot: () => state,
    become,
    getToken: () => Promise.resolve("token"),
    lookAgain: () => undefined,
    signIn: () => Promise.resolve(null),
    signOut() {
      become({ status: "out", userId: null });
      return Promise.resolve();
    },
  };
}

export const ADMIN: SessionState = {
  status: "in",
  userId: "auth-0",
  email: "admin@melotech.test",
  isAdmin: true,
  artistId: "user-0",
};

export function fakeTheme(): ThemeStore {
  return {
    subscribe: () => () => undefined,
    getSnapshot: () => "system",
    choose: () => undefined,
  };
}

const SUPABASE = createClient(CONFIG.supabaseUrl, CONFIG.supabaseAnonKey, {
  auth: { persistSession: false, autoRefreshToken: false, storageKey: "nobody" },
});

export function fakeApp(parts: Partial<App> = {}): App {
  return {
    config: CONFIG,
    supabase: SUPABASE,
    session: fakeSession(ADMIN),
    toasts: createToasts(),
    theme: fakeTheme(),
    ...parts,
  };
}

export function InApp({ app, children }: { app: App; children: ReactNode }) {
  return (
    <AppProvider app={app} queries={new QueryClient()}>
      {children}
    </AppProvider>
  );
}

let events = 0;

export function updateOf(
  data: Partial<SubmissionUpdate> = {},
): Extract<Message, { type: "submission_update" }> {
  const timestamp = "2026-11-23T12:00:00.120+00:00";
  const update: SubmissionUpdate = {
    event: "UPDATE",
    submission_id: "s-1",
    title: "Night Drive",
    artist_id: "a-1",
    updated_fields: ["status"],
    new_data: { status: "approved", rating: 9, feedback: null },
    old_data: { status: "in-review" },
    version: "1",
    timestamp,
    ...data,
  };
  return { type: "submission_update", id: `evt_${++events}`, data: update, timestamp };
}

export function mailOf(
  data: Partial<EmailUpdate> = {},
): Extract<Message, { type: "email_update" }> {
  const timestamp = "2026-11-23T12:00:00.120+00:00";
  const update: EmailUpdate = {
    submission_id: "s-1",
    outcome: "accepted",
    recipient: "a***@example.com",
    reason: null,
    timestamp,
    ...data,
  };
  return { type: "email_update", id: `evt_${++events}`, data: update, timestamp };
}
