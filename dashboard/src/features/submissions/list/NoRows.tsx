/** What stands in place of the rows where there are none. */

import { Button } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { Skeleton } from "@/components/Skeleton";
import type { SubmissionsState } from "../contract";

interface NoRowsProps {
  status: SubmissionsState["status"];
  loaded: number;
  isFiltered: boolean;
  onRetry: () => void;
}

export function NoRows({ status, loaded, isFiltered, onRetry }: NoRowsProps) {
  if (status === "loading")
    return (
      <div className="grid gap-3 px-4 py-3">
        <p role="status" className="text-xs text-muted">
          {loaded > 0
            ? `Loading: ${loaded.toLocaleString()} so far`
            : "Loading submissions"}
        </p>
        {Array.from({ length: 8 }, (_, index) => (
          <Skeleton key={index} className="h-9 w-full" />
        ))}
      </div>
    );
  if (status === "failed")
    return (
      <EmptyState
        icon="alert"
        title="The submissions could not be loaded"
        action={<Button onClick={onRetry}>Try again</Button>}
      >
        It is tried again by itself as well.
      </EmptyState>
    );
  if (isFiltered)
    return (
      <EmptyState icon="search" title="Nothing matches">
        No submission has all that is searched and filtered for.
      </EmptyState>
    );
  return (
    <EmptyState icon="music" title="No submissions yet">
      The first one appears here as soon as it comes.
    </EmptyState>
  );
}
