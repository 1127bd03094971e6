/** The admins' submissions: loaded, then kept as they are by the socket. */

import { useEffect, useState } from "react";
import { useApi } from "@/app/api";
import { useApp, useSession, type App } from "@/app/context";
import { useAnnounce } from "@/components/Announcer";
import { useAdminWebSocket } from "@/lib/hooks";
import type { Message, Snapshot } from "@/realtime/types";
import type { SubmissionsStore } from "./contract";
import { loadSubmissions, type GetPage, type Page } from "./load";
import { createSubmissionsStore } from "./store";
import { createTally } from "./tally";

type Listener = (message: Message) => void;

/** Who comes back to the page sees what it was, while it catches up. */
const stores = new WeakMap<App, { userId: string | null; store: SubmissionsStore }>();

export function useLiveSubmissions() {
  const app = useApp();
  const api = useApi();
  const { userId } = useSession();
  const [store] = useState(() => storeOf(app, userId));
  const [listeners] = useState(() => new Set<Listener>());
  const [loaded, setLoaded] = useState(0);
  const announce = useAnnounce();
  const [tally] = useState(() => createTally(announce));
  useEffect(() => () => tally.stop(), [tally]);

  const getPage: GetPage = async (path, how) => {
    const page = await api.get<Page>(path, how);
    for (const mail of page.mails ?? []) store.applyMail(mail);
    return page;
  };
  const loadSnapshot = (signal: AbortSignal): Promise<Snapshot> =>
    loadSubmissions(getPage, signal, setLoaded);
  const onMessage = (message: Message): void => {
    const at = Date.now();
    if (message.type === "snapshot")
      store.reset(message.snapshot.rows, at, message.snapshot.isCut);
    if (message.type === "submission_update") store.apply(message.data, at);
    if (message.type === "email_update") store.applyMail(message.data);
    if (message.type === "submission_update" && !message.data.stale)
      tally.add(message.data.submission_id);
    for (const listener of [...listeners]) listener(message);
  };
  const socket = useAdminWebSocket({
    loadSnapshot,
    onSnapshotFailed: () => store.fail(),
    onMessage,
    showToasts: true,
  });
  const [subscribe] = useState(() => (listener: Listener) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  });
  return {
    store,
    loaded,
    subscribe,
    connection: socket.connection,
    retry: socket.retryNow,
  };
}

function storeOf(app: App, userId: string | null): SubmissionsStore {
  const known = stores.get(app);
  if (known?.userId === userId) return known.store;
  const store = createSubmissionsStore();
  stores.set(app, { userId, store });
  return store;
}
