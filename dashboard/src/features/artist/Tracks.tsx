/** All of the artist's submissions: loading, none yet, not to be had, and live. */

import type { Api } from "@/app/api";
import { Button } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { Skeleton } from "@/components/Skeleton";
import { Time } from "@/components/Time";
import type { SubmissionsState } from "@/features/submissions/contract";
import type { ConnectionState } from "@/realtime/types";
import { Track } from "./Track";

interface TracksProps {
  state: SubmissionsState;
  connection: ConnectionState;
  api: Api;
  onRetry: () => void;
}

export function Tracks({ state, connection, api, onRetry }: TracksProps) {
  const { entries, order, status, asOf } = state;
  if (asOf === null && status === "failed")
    return (
      <div role="alert">
        <EmptyState
          title="Your tracks cannot be shown just now"
          action={<Button onClick={onRetry}>Try again</Button>}
        >
          They are safe with us. We keep trying.
        </EmptyState>
      </div>
    );
  if (asOf === null) return <Loading />;
  const isLive = connection.status === "live";
  return (
    <div className="space-y-4">
      {!isLive && <Age at={connection.heardAt ?? asOf} onRetry={onRetry} />}
      {order.length === 0 ? (
        <EmptyState title="No tracks yet">
          When you send us one, it appears here by itself, and you see every step it takes.
          We are looking forward to hearing you.
        </EmptyState>
      ) : (
        <ul className="grid gap-4 md:grid-cols-2 2xl:grid-cols-3">
          {order.flatMap((id) => {
            const entry = entries.get(id);
            return entry
              ? [
                  <li key={id} className="min-w-0">
                    <Track entry={entry} api={api} />
                  </li>,
                ]
              : [];
          })}
        </ul>
      )}
    </div>
  );
}

function Age({ at, onRetry }: { at: number; onRetry: () => void }) {
  return (
    <p
      role="status"
      className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-warn bg-card p-3 text-sm"
    >
      <span>
        Not connected; what changes now comes as soon as you are. Last up to date:{" "}
        <Time value={at} />.
      </span>
      <Button onClick={onRetry}>Try now</Button>
    </p>
  );
}

function Loading() {
  return (
    <div
      role="status"
      aria-label="Loading your tracks"
      className="grid gap-4 md:grid-cols-2"
    >
      {["a", "b", "c", "d"].map((key) => (
        <Skeleton key={key} className="h-44 rounded-xl" />
      ))}
    </div>
  );
}
