/** The figures of a span: fetched every 15 seconds, and moved on by what the socket tells. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useSyncExternalStore } from "react";
import type { Api } from "@/app/api";
import type { Feed } from "./feed";
import { present } from "./nudge";
import { statsPath, type Span, type Stats } from "./stats";

const REFETCH = 15_000;

export interface StatsView {
  stats: Stats | null;
  /** Why the last attempt to fetch them failed, while no later one has succeeded. */
  failure: string | null;
  /** When they were fetched, in milliseconds since 1970; 0: never. */
  fetchedAt: number;
  /** Ask anew, also where an answer is on its way already. */
  retry: () => void;
}

/** @param owner Whose figures they are: another person's are kept apart. */
export function useStats(
  api: Api,
  feed: Feed,
  span: Span,
  owner: string | null,
): StatsView {
  const queries = useQueryClient();
  const queryKey = ["stats", owner, span.name];
  const { data, error, dataUpdatedAt, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => api.get<Stats>(statsPath(span), signal),
    refetchInterval: REFETCH,
    retry: 1,
  });
  // Deferred: in a storm of changes the page answers its viewer first.
  const arrivals = useDeferredValue(useSyncExternalStore(feed.subscribe, feed.getSnapshot));
  const stats = useMemo(
    () => (data ? present(data, arrivals, dataUpdatedAt) : null),
    [data, arrivals, dataUpdatedAt],
  );
  return {
    stats,
    failure: error ? error.message : null,
    fetchedAt: dataUpdatedAt,
    retry: () => void queries.cancelQueries({ queryKey }).then(() => refetch()),
  };
}
