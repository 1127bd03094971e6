/** The rows in view, of however many there are. */

import { useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useId, useImperativeHandle, useMemo, useRef, type Ref } from "react";
import type { SubmissionsState } from "../contract";
import type { Names, View } from "./arrange";
import { columns, features, type Shown } from "./columns";
import { Header } from "./Header";
import type { Query } from "./query";
import { SubmissionRow } from "./SubmissionRow";
import { useSteadyView } from "./useList";

const ROW_HEIGHT = 52;
const CARD_HEIGHT = 84;

export interface GridHandle {
  focus(): void;
  toTop(): void;
  /** The index of the first row in view. */
  first(): number;
  reveal(index: number): void;
  /** Nobody reads further down, points at a row, or is among them with the keyboard. */
  isIdleAtTop(): boolean;
}

interface GridProps {
  ref: Ref<GridHandle>;
  entries: SubmissionsState["entries"];
  view: View;
  query: Query;
  names: Names;
  isWide: boolean;
  selected: string | null;
  onOpen: (id: string) => void;
  onQuery: (query: Query) => void;
}

export function Grid(props: GridProps) {
  const { entries, view, query, names, selected, onOpen, onQuery } = props;
  const { ids } = view;
  const grid = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const height = props.isWide ? ROW_HEIGHT : CARD_HEIGHT;
  // eslint-disable-next-line react-hooks/incompatible-library -- no compiler memoizes here
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => ids[index] ?? index,
    overscan: 8,
    useFlushSync: false,
  });
  useSteadyView(scroller, { ids, entries, query }, height);
  useImperativeHandle(props.ref, () => ({
    focus: () => grid.current?.focus(),
    toTop: () => scroller.current?.scrollTo({ top: 0 }),
    first: () => Math.ceil((scroller.current?.scrollTop ?? 0) / height),
    reveal: (index) => virtual.scrollToIndex(index),
    isIdleAtTop: () =>
      scroller.current?.scrollTop === 0 && !grid.current?.matches(":hover, :focus-within"),
  }));

  const items = virtual.getVirtualItems();
  const data = useMemo(
    () =>
      items.flatMap(({ index }): Shown[] => {
        const entry = entries.get(ids[index] ?? "");
        if (!entry) return [];
        const { userid } = entry.submission;
        return [{ entry, artist: userid && (names.get(userid) ?? userid), onOpen }];
      }),
    [items, entries, ids, names, onOpen],
  );
  const table = useTable({ features, columns, data, getRowId });
  const places = new Map(items.map((item) => [item.key, item]));
  const rows = table.getRowModel().rows;
  const domId = (id: string): string => `${prefix}${id}`;
  const isSelectedThere = selected !== null && places.has(selected);
  return (
    <div
      ref={grid}
      role="grid"
      aria-label="Submissions"
      aria-rowcount={ids.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={isSelectedThere ? domId(selected) : undefined}
      tabIndex={0}
      className="flex min-h-0 flex-1 flex-col -outline-offset-2"
    >
      <Header table={table} query={query} onQuery={onQuery} />
      <div
        ref={scroller}
        role="presentation"
        className="min-h-0 flex-1 overflow-y-auto [overflow-anchor:none] [scrollbar-gutter:stable]"
      >
        <div
          role="rowgroup"
          className="relative"
          style={{ height: virtual.getTotalSize() }}
        >
          {rows.map((row) => {
            const place = places.get(row.id);
            if (!place) return null;
            return (
              <SubmissionRow
                key={row.id}
                row={row}
                domId={domId(row.id)}
                index={place.index}
                top={place.index * height}
                height={height}
                isSelected={row.id === selected}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function getRowId({ entry }: Shown): string {
  return entry.submission.id;
}
