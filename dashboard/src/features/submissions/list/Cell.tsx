/** A cell that glows for a moment where its value has just changed. */

import clsx from "clsx";
import { useEffect, useState, type ReactNode } from "react";
import type { Entry } from "../contract";
import "./list.css";

const GLOW_MS = 2_000;

interface CellProps {
  entry: Entry;
  /** The columns of the table that it shows. */
  fields: readonly string[];
  children: ReactNode;
  className?: string | undefined;
}

export function Cell({ entry, fields, children, className }: CellProps) {
  const { changed } = entry;
  const at = changed?.fields.some((field) => fields.includes(field)) ? changed.at : null;
  const isGlowing = useRecent(at);
  return (
    <span
      key={at}
      className={clsx("block min-w-0 truncate", isGlowing && "submission-glow", className)}
    >
      {children}
    </span>
  );
}

/** Whether it is less than two seconds since then; a row that scrolls into view is late. */
function useRecent(at: number | null): boolean {
  const [over, setOver] = useState(() => (leftOf(at) > 0 ? null : at));
  useEffect(() => {
    if (at === null) return;
    const timer = setTimeout(() => setOver(at), Math.max(0, leftOf(at)));
    return () => clearTimeout(timer);
  }, [at]);
  return at !== null && at !== over;
}

function leftOf(at: number | null): number {
  return at === null ? 0 : at + GLOW_MS - Date.now();
}
