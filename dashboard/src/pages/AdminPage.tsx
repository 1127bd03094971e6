/** The page that admins keep open: every submission, live, and one of them in the drawer. */

import {
  lazy,
  useCallback,
  useEffect,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import { useSearchParams } from "react-router";
import { useApp } from "@/app/context";
import { HeaderSlot } from "@/app/HeaderSlot";
import { Part } from "@/app/Part";
import { fetched } from "@/app/parts";
import { Button } from "@/components/Button";
import { ConnectionBadge } from "@/components/ConnectionBadge";
import { createArtists, type Names } from "@/features/submissions/artists";
import type { SubmissionsState } from "@/features/submissions/contract";
import { Aged } from "@/features/submissions/list/Aged";
import { Cut } from "@/features/submissions/list/Cut";
import { SubmissionsList } from "@/features/submissions/list/SubmissionsList";
import { useSubmissions } from "@/features/submissions/list/useList";
import { useLiveSubmissions } from "@/features/submissions/useLiveSubmissions";
import { useStatusKeys } from "@/features/submissions/useStatusKeys";

const drawer = () =>
  fetched(() => import("@/features/submissions/drawer/SubmissionDrawer"));
const SubmissionDrawer = lazy(drawer);

export default function AdminPage() {
  const { store, loaded, subscribe, connection, retry } = useLiveSubmissions();
  const state = useSubmissions(store);
  const names = useNames(state);
  const [openId, setOpenId] = useOpenId();
  const { setStatus, undo } = useStatusKeys(store);
  useFetchedEarly(state.status === "ready");
  const open = openId === null ? undefined : state.entries.get(openId);
  return (
    <div className="mx-auto flex h-full min-h-80 max-w-[120rem] flex-col gap-2 p-2 sm:p-4">
      <h1 className="sr-only">Submissions</h1>
      <HeaderSlot>
        <ConnectionBadge connection={connection} onRetry={retry} />
      </HeaderSlot>
      <Aged state={state} connection={connection} onRetry={retry} />
      <Cut isCut={state.isCut} />
      <SubmissionsList
        {...{ store, names, openId, loaded }}
        onOpen={setOpenId}
        onStatus={setStatus}
        onUndo={undo}
        onRetry={retry}
      />
      {openId !== null && (
        <Part
          waiting="Loading …"
          frame={(content) => <Panel onClose={() => setOpenId(null)}>{content}</Panel>}
        >
          <SubmissionDrawer
            id={openId}
            store={store}
            live={subscribe}
            artist={names.get(open?.submission.userid ?? "") ?? null}
            onClose={() => setOpenId(null)}
          />
        </Part>
      )}
    </div>
  );
}

/** Before it is wanted: it then opens at once, without a connection and in a new version too. */
function useFetchedEarly(isReady: boolean): void {
  useEffect(() => {
    // Who opens it is told of the failure.
    if (isReady) drawer().catch(() => undefined);
  }, [isReady]);
}

/** Where the drawer will be. */
function Panel({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return (
    <div
      role="status"
      className="fixed inset-0 top-13 z-40 grid place-content-center justify-items-center gap-4 border-line bg-card text-sm text-muted shadow-2xl md:left-auto md:w-[30rem] md:border-l 2xl:w-[36rem]"
    >
      {children}
      <Button onClick={onClose}>Close</Button>
    </div>
  );
}

function useNames(state: SubmissionsState): Names {
  const { supabase } = useApp();
  const [artists] = useState(() =>
    createArtists((ids) => supabase.from("users").select("id,name").in("id", ids)),
  );
  const { entries } = state;
  useEffect(() => {
    artists.want([...entries.values()].map(({ submission }) => submission.userid ?? ""));
  }, [artists, entries]);
  return useSyncExternalStore(artists.subscribe, artists.getSnapshot);
}

/** In the address, so that a submission can be sent to somebody; Back closes it. */
function useOpenId(): [string | null, (id: string | null) => void] {
  const [parameters, setParameters] = useSearchParams();
  const id = parameters.get("id");
  const isOpen = id !== null;
  const set = useCallback(
    (next: string | null) =>
      setParameters(
        (now) => {
          const changed = new URLSearchParams(now);
          if (next === null) changed.delete("id");
          else changed.set("id", next);
          return changed;
        },
        { replace: next === null || isOpen },
      ),
    [setParameters, isOpen],
  );
  return [id, set];
}
