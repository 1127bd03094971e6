/** What the list holds between renders: the query, the view, and where its reader is. */

import {
  useCallback,
  useDeferredValue,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type RefObject,
} from "react";
import { useSearchParams } from "react-router";
import type { SubmissionsState, SubmissionsStore } from "../contract";
import { shiftOf } from "./anchor";
import { arrange, NOTHING, type Names, type View } from "./arrange";
import { queryOf, written, type Query } from "./query";

const WIDE = "(min-width: 64rem)";

export function useQueryInAddress(): [Query, (query: Query) => void] {
  const [parameters, setParameters] = useSearchParams();
  // The same as long as it asks for the same, whatever else the address says.
  const text = written(queryOf(parameters), new URLSearchParams()).toString();
  const query = useMemo(() => queryOf(new URLSearchParams(text)), [text]);
  const setQuery = useCallback(
    (next: Query) => setParameters((now) => written(next, now), { replace: true }),
    [setParameters],
  );
  return [query, setQuery];
}

export function useSubmissions(store: SubmissionsStore): SubmissionsState {
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

/** Deferred: a burst of changes goes behind what its reader does. */
export function useView(store: SubmissionsStore, query: Query, names: Names) {
  const state = useDeferredValue(useSubmissions(store));
  const [arrangeNext] = useState(createArranger);
  const { entries } = state;
  const view = useMemo(
    () => arrangeNext(entries, query, names),
    [arrangeNext, entries, query, names],
  );
  return { state, view };
}

function createArranger() {
  let last: View = NOTHING;
  return (entries: SubmissionsState["entries"], query: Query, names: Names): View => {
    last = arrange(entries, query, names, last);
    return last;
  };
}

/** Rows that come, go and move leave what is in view where it is; a new query begins on top. */
export function useSteadyView(
  scroller: RefObject<HTMLElement | null>,
  { ids, entries, query }: Pick<View, "ids"> & Seen,
  rowHeight: number,
): void {
  const last = useRef({ ids, entries, query });
  useLayoutEffect(() => {
    const before = last.current;
    last.current = { ids, entries, query };
    const element = scroller.current;
    if (!element || before.ids === ids) return;
    if (before.query !== query) element.scrollTo({ top: 0 });
    if (element.scrollTop === 0) return;
    const first = Math.floor(element.scrollTop / rowHeight);
    const isSteady = (id: string): boolean => before.entries.get(id) === entries.get(id);
    const shift = shiftOf(before.ids, ids, first, isSteady) * rowHeight;
    if (shift !== 0) element.scrollTo({ top: element.scrollTop + shift });
  }, [scroller, ids, entries, query, rowHeight]);
}

interface Seen {
  entries: SubmissionsState["entries"];
  query: Query;
}

/** Columns have room; else rows are cards. */
export function useIsWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(WIDE);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => window.matchMedia(WIDE).matches,
  );
}
