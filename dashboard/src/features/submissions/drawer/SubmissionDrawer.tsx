/** Everything of one submission beside the list: to hear, to read, to review. */

import { Dialog } from "radix-ui";
import { useState, useSyncExternalStore, type ReactNode } from "react";
import { useApi } from "@/app/api";
import { useApp } from "@/app/context";
import { Button } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import type { Entry, SubmissionsStore } from "../contract";
import { AudioFiles } from "./AudioFiles";
import { DrawerFrame } from "./DrawerFrame";
import { DrawerHeader } from "./DrawerHeader";
import { Facts } from "./Facts";
import { ReviewForm } from "./ReviewForm";
import type { Live } from "./timeline";
import { TimelineList } from "./TimelineList";
import { useReview } from "./useReview";

interface Props {
  id: string;
  store: SubmissionsStore;
  /** The client's `subscribe`; without it the history is read again as the row changes. */
  live?: Live;
  /** The artist's name, where it is known. */
  artist?: string | null;
  onClose: () => void;
}

export default function SubmissionDrawer({ id, ...props }: Props) {
  const { store, onClose } = props;
  // Of the whole only what is shown: other rows' changes draw nothing anew.
  const entry = useSyncExternalStore(store.subscribe, () =>
    store.getSnapshot().entries.get(id),
  );
  const status = useSyncExternalStore(store.subscribe, () => store.getSnapshot().status);
  const [last, setLast] = useState(entry);
  // What was seen last stays to be read after the row has gone.
  if (entry !== undefined && entry !== last) setLast(entry);
  const known = entry ?? (last?.submission.id === id ? last : undefined);
  if (known === undefined)
    return <Unknown isLoading={status === "loading"} onClose={onClose} />;
  return <Known {...props} entry={known} isGone={entry === undefined} />;
}

type KnownProps = Omit<Props, "id"> & { entry: Entry; isGone: boolean };

function Known({ entry, isGone, store, live, artist = null, onClose }: KnownProps) {
  const { supabase, config, toasts } = useApp();
  const api = useApi();
  const { submission } = entry;
  const { id, title, files } = submission;
  const review = useReview(store, supabase, submission, (reason) =>
    toasts.show({ title: `Not saved: ${title ?? id}`, description: reason, kind: "bad" }),
  );
  const isDirty = review.dirty.length > 0;
  return (
    <DrawerFrame isDirty={isDirty} onDiscard={review.discard} onClose={onClose}>
      <DrawerHeader key={id} submission={submission} artist={artist} />
      <div
        key={`${id} body`}
        className="grid flex-1 content-start gap-6 overflow-y-auto p-4"
      >
        <Notice isGone={isGone} isDirty={isDirty} />
        <Section title="Listen">
          <AudioFiles files={files} storage={supabase.storage} bucket={config.bucket} />
        </Section>
        <Section title="About">
          <Facts submission={submission} />
        </Section>
        <Section title="Review">
          <ReviewForm review={review} isGone={isGone} />
        </Section>
        <Section title="History">
          <TimelineList id={id} load={api.get} live={live} revision={entry} />
        </Section>
      </div>
    </DrawerFrame>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="grid gap-3">
      <h3 className="text-xs font-semibold tracking-wide text-muted uppercase">{title}</h3>
      {children}
    </section>
  );
}

function Notice({ isGone, isDirty }: { isGone: boolean; isDirty: boolean }) {
  return (
    <div role="alert" className="empty:hidden">
      {isGone && (
        <p className="rounded-md border border-bad p-3 text-sm text-bad">
          ✕ This submission has been deleted.
          {isDirty && " What you typed stays here, to be copied."}
        </p>
      )}
    </div>
  );
}

function Unknown({ isLoading, onClose }: { isLoading: boolean; onClose: () => void }) {
  return (
    <DrawerFrame isDirty={false} onDiscard={onClose} onClose={onClose}>
      <Dialog.Title className="sr-only">Submission</Dialog.Title>
      <div className="m-auto" aria-busy={isLoading}>
        <EmptyState
          title={isLoading ? "Loading…" : "No such submission"}
          action={
            <Dialog.Close asChild>
              <Button>Close</Button>
            </Dialog.Close>
          }
        >
          {!isLoading && "It has been deleted, or the link is wrong."}
        </EmptyState>
      </div>
    </DrawerFrame>
  );
}
