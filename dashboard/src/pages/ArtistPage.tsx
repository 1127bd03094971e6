/** `/artist`: an artist's own submissions and what becomes of them, as it happens. */

import { useState, useSyncExternalStore } from "react";
import { useApi } from "@/app/api";
import { useSession } from "@/app/context";
import { HeaderSlot } from "@/app/HeaderSlot";
import { useAnnounce } from "@/components/Announcer";
import { ConnectionBadge } from "@/components/ConnectionBadge";
import { loadOwn } from "@/features/artist/own";
import { Tracks } from "@/features/artist/Tracks";
import { announcement } from "@/features/artist/words";
import { createSubmissionsStore } from "@/features/submissions/store";
import { useArtistWebSocket } from "@/lib/hooks";
import type { Message, Snapshot } from "@/realtime/types";

export default function ArtistPage() {
  const [store] = useState(() => createSubmissionsStore());
  const state = useSyncExternalStore(
    (listener) => store.subscribe(listener),
    () => store.getSnapshot(),
  );
  const session = useSession();
  const api = useApi();
  const announce = useAnnounce();

  const loadSnapshot = (signal: AbortSignal): Promise<Snapshot> =>
    loadOwn(api.get, session, signal);
  const onMessage = (message: Message): void => {
    if (message.type === "snapshot") store.reset(message.snapshot.rows, Date.now());
    if (message.type !== "submission_update") return;
    store.apply(message.data, Date.now());
    store.showNew();
    const said = announcement(message.data);
    if (said !== null) announce(said);
  };
  const { connection, retryNow } = useArtistWebSocket(session.artistId, {
    showToasts: false,
    loadSnapshot,
    onSnapshotFailed: () => store.fail(),
    onMessage,
  });

  return (
    <div className="mx-auto w-full max-w-[1600px] space-y-4 p-4 sm:p-6">
      <HeaderSlot>
        <ConnectionBadge connection={connection} onRetry={retryNow} />
      </HeaderSlot>
      <h1 className="text-xl font-semibold tracking-tight">My tracks</h1>
      <Tracks state={state} connection={connection} api={api} onRetry={retryNow} />
    </div>
  );
}
