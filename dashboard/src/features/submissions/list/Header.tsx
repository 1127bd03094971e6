/** The names of the columns, which sort the list. */

import { flexRender, type Table } from "@tanstack/react-table";
import clsx from "clsx";
import type { features, Shown } from "./columns";
import { sortedBy, type Query } from "./query";
import { GRID } from "./SubmissionRow";

interface HeaderProps {
  table: Pick<Table<typeof features, Shown>, "getHeaderGroups">;
  query: Query;
  onQuery: (query: Query) => void;
}

export function Header({ table, query, onQuery }: HeaderProps) {
  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  return (
    <div
      role="rowgroup"
      className="overflow-hidden [scrollbar-gutter:stable] max-lg:hidden"
    >
      <div
        role="row"
        aria-rowindex={1}
        className={clsx("h-10 border-b border-line text-xs text-muted", GRID)}
      >
        {headers.map((header) => {
          const { columnDef } = header.column;
          const sort = columnDef.meta?.sort ?? null;
          const name = flexRender(columnDef.header, header.getContext());
          const isSorted = sort !== null && sort === query.sort;
          const order = query.descending ? "descending" : "ascending";
          return (
            <div
              key={header.id}
              role="columnheader"
              className="min-w-0"
              {...(sort !== null && { "aria-sort": isSorted ? order : "none" })}
            >
              {sort === null ? (
                name
              ) : (
                <button
                  type="button"
                  className="flex max-w-full cursor-pointer items-center gap-1 rounded hover:text-ink"
                  onClick={() => onQuery(sortedBy(query, sort))}
                >
                  <span className="truncate">{name}</span>
                  <span aria-hidden="true">
                    {isSorted ? (query.descending ? "↓" : "↑") : ""}
                  </span>
                </button>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
