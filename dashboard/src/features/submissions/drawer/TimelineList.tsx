/** The time line of a submission on the screen, the newest first. */

import { useEffect, useState, useSyncExternalStore } from "react";
import { Button } from "@/components/Button";
import { Skeleton } from "@/components/Skeleton";
import { createTimeline, type Live, type LoadHistory } from "./timeline";
import { TimelineItem } from "./TimelineItem";

const STEP = 15;

interface Props {
  id: string;
  load: LoadHistory;
  live?: Live | undefined;
  /** Changes with the row: it is read anew where nothing is told live. */
  revision: unknown;
}

export function TimelineList({ id, load, live, revision }: Props) {
  const [timeline] = useState(() => createTimeline(id, load, live));
  const unheard = live === undefined ? revision : null;
  const [shown, setShown] = useState(STEP);
  const { status, items, isCut, reason } = useSyncExternalStore(
    timeline.subscribe,
    timeline.getSnapshot,
  );

  useEffect(() => timeline.listen(), [timeline]);
  useEffect(() => {
    timeline.read();
    return timeline.stop;
  }, [timeline, unheard]);

  return (
    <div aria-busy={status === "loading"} className="grid gap-4">
      {status === "failed" && (
        <div role="alert" className="flex flex-wrap items-center gap-2 text-sm text-bad">
          <span className="min-w-0 flex-1">The history cannot be read: {reason}</span>
          <Button size="small" onClick={timeline.read}>
            Read again
          </Button>
        </div>
      )}
      {isCut && <p className="text-sm text-warn">More has happened than is shown here.</p>}
      {status === "ready" && items.length === 0 && (
        <p className="text-sm text-muted">Nothing has happened yet.</p>
      )}
      {items.length > 0 && (
        <ol aria-label="What happened" className="grid gap-3">
          {items.slice(0, shown).map((item) => (
            <TimelineItem key={item.id} item={item} />
          ))}
        </ol>
      )}
      {status === "loading" && items.length === 0 && <Loading />}
      {items.length > shown && (
        <Button size="small" onClick={() => setShown(shown + STEP)}>
          Show older ({items.length - shown})
        </Button>
      )}
    </div>
  );
}

function Loading() {
  return (
    <div className="grid gap-3">
      <span className="sr-only">Loading the history</span>
      <Skeleton className="h-4 w-3/4" />
      <Skeleton className="h-4 w-1/2" />
      <Skeleton className="h-4 w-2/3" />
    </div>
  );
}
