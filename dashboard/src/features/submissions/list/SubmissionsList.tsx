/** The submissions as a list that changes in place: filters, rows, keys. */

import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import { useAnnounce } from "@/components/Announcer";
import { Button } from "@/components/Button";
import type { SubmissionsStore } from "../contract";
import { neighbour } from "./anchor";
import type { Names } from "./arrange";
import { Grid, type GridHandle } from "./Grid";
import { KeysHelp } from "./KeysHelp";
import { commandOf, placeOf, type Command } from "./keys";
import { isFiltered } from "./query";
import { NoRows } from "./NoRows";
import { Toolbar } from "./Toolbar";
import { useIsWide, useQueryInAddress, useView } from "./useList";

interface SubmissionsListProps {
  store: SubmissionsStore;
  names: Names;
  /** The submission that is open in the drawer. */
  openId: string | null;
  /** How many rows have been loaded, while they are. */
  loaded: number;
  onOpen: (id: string) => void;
  onStatus: (id: string, status: string) => void;
  onUndo: () => void;
  onRetry: () => void;
}

export function SubmissionsList(props: SubmissionsListProps) {
  const { store, names, openId, onOpen } = props;
  const [query, setQuery] = useQueryInAddress();
  const { state, view } = useView(store, query, names);
  const [selected, setSelected] = useState(openId);
  const [isHelping, setHelping] = useState(false);
  const grid = useRef<GridHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  const announce = useAnnounce();
  const isWide = useIsWide();
  const { newCount } = state;
  // What a filter hides is not selected: no key must change what nobody sees.
  const place = selected === null ? -1 : view.ids.indexOf(selected);
  const current = place >= 0 ? selected : null;
  const lastPlace = useRef(place);
  useEffect(() => {
    if (place >= 0) lastPlace.current = place;
  }, [place]);

  // The same for every row as long as it can be: rows are drawn anew only when they change.
  const open = useCallback(
    (id: string) => {
      setSelected(id);
      onOpen(id);
    },
    [onOpen],
  );
  const move = (by: number): void => {
    // The next row has moved up into the place of one that has left.
    const left = lastPlace.current + (by > 0 ? by - 1 : by);
    const isLeft = selected !== null && lastPlace.current >= 0;
    const start = isLeft ? left : (grid.current?.first() ?? 0);
    const next = neighbour(view.ids, current, by, start);
    if (next === null) return;
    setSelected(next);
    grid.current?.reveal(view.ids.indexOf(next));
  };
  const perform = (command: Command): void => {
    if (command.do === "move") move(command.by);
    else if (command.do === "search") search.current?.focus();
    else if (command.do === "help") setHelping(true);
    else if (command.do === "undo") props.onUndo();
    else if (current === null) return;
    else if (command.do === "open") open(current);
    else props.onStatus(current, command.status);
  };
  const showNew = (): void => {
    grid.current?.toTop();
    store.showNew();
    announce(
      newCount === 1 ? "1 new submission shown" : `${newCount} new submissions shown`,
    );
  };

  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const command = commandOf(event, placeOf(event.target));
    if (!command || event.defaultPrevented) return;
    event.preventDefault();
    if (command.do === "move") grid.current?.focus();
    perform(command);
  });
  const showToWhoIsIdle = useEffectEvent(() => {
    if (openId === null && grid.current?.isIdleAtTop()) store.showNew();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKeyDown(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
  useEffect(() => {
    if (newCount > 0) showToWhoIsIdle();
  }, [newCount]);

  return (
    <section
      aria-label="Submissions"
      aria-busy={state.status === "loading"}
      className="relative flex min-h-0 flex-1 flex-col overflow-hidden rounded-lg border border-line bg-card"
    >
      <Toolbar query={query} view={view} searchRef={search} onQuery={setQuery}>
        <span className="ml-auto text-xs text-muted tabular-nums">
          {`${view.ids.length.toLocaleString()} of ${state.entries.size.toLocaleString()}`}
        </span>
        <Button variant="quiet" size="small" onClick={() => setHelping(true)}>
          Keys
        </Button>
      </Toolbar>
      {newCount > 0 && (
        <Button
          variant="primary"
          size="small"
          className="mb-2 self-center rounded-full"
          onClick={showNew}
        >
          {`↑ ${newCount.toLocaleString()} new ${newCount === 1 ? "submission" : "submissions"}`}
        </Button>
      )}
      {view.ids.length > 0 ? (
        <Grid
          key={isWide ? "columns" : "cards"}
          ref={grid}
          {...{ entries: state.entries, view, query, names, isWide }}
          selected={current}
          onOpen={open}
          onQuery={setQuery}
        />
      ) : (
        <NoRows
          status={state.status}
          loaded={props.loaded}
          isFiltered={isFiltered(query)}
          onRetry={props.onRetry}
        />
      )}
      <KeysHelp isOpen={isHelping} onClose={() => setHelping(false)} />
    </section>
  );
}
