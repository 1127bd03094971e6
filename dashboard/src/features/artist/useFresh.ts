/** Whether something has changed just now: for as long as it glows. */

import { useEffect, useState } from "react";

/** Milliseconds: long enough to be found after a glance away. */
export const FRESH = 8_000;

/** @param at When it changed, in milliseconds since 1970; null: it has not. */
export function useFresh(at: number | null): boolean {
  const [settled, setSettled] = useState<number | null>(null);
  useEffect(() => {
    if (at === null) return;
    const timer = setTimeout(() => setSettled(at), Math.max(0, at + FRESH - Date.now()));
    return () => clearTimeout(timer);
  }, [at]);
  return at !== null && settled !== at;
}
