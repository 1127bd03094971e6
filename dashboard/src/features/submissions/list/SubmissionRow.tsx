/** A row of the grid: columns where there is room, else a card. */

import { flexRender, type Row } from "@tanstack/react-table";
import clsx from "clsx";
import { memo } from "react";
import { Cell } from "./Cell";
import type { features, Shown } from "./columns";

export const GRID = clsx(
  "grid items-center gap-x-3 px-4",
  "max-lg:grid-cols-[minmax(0,1fr)_auto_auto_auto_auto]",
  "lg:grid-cols-[minmax(12rem,1fr)_7rem_7rem_4rem_6.5rem_8rem_8rem_2rem]",
);

interface SubmissionRowProps {
  row: Row<typeof features, Shown>;
  domId: string;
  /** Its place in the whole list, from 0. */
  index: number;
  top: number;
  height: number;
  isSelected: boolean;
}

export const SubmissionRow = memo(function SubmissionRow(props: SubmissionRowProps) {
  const { row, domId, index, top, height, isSelected } = props;
  return (
    <div
      role="row"
      id={domId}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      className={clsx(
        "absolute inset-x-0 top-0 border-b border-line text-sm hover:bg-raised",
        // Of the button in it, whose own outline its cell would cut off.
        "has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent",
        GRID,
        isSelected && "bg-raised shadow-[inset_3px_0_0_var(--accent)]",
      )}
      style={{ transform: `translateY(${top}px)`, height }}
    >
      {row.getAllCells().map((cell) => {
        const { columnDef } = cell.column;
        const meta = columnDef.meta;
        return (
          <div key={cell.id} role="gridcell" className={clsx("min-w-0", meta?.className)}>
            <Cell entry={row.original.entry} fields={meta?.fields ?? []}>
              {flexRender(columnDef.cell, cell.getContext())}
            </Cell>
          </div>
        );
      })}
    </div>
  );
}, isAsBefore);

/** The table makes its rows anew at every change; what they show says more. */
function isAsBefore(before: SubmissionRowProps, now: SubmissionRowProps): boolean {
  const { entry, artist, onOpen } = now.row.original;
  return (
    before.row.original.entry === entry &&
    before.row.original.artist === artist &&
    before.row.original.onOpen === onOpen &&
    before.index === now.index &&
    before.top === now.top &&
    before.height === now.height &&
    before.isSelected === now.isSelected
  );
}
