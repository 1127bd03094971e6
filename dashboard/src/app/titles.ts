/** What a page is called in the browser's tab, and when one arrives at it. */

import { useEffect } from "react";
import { useMatches } from "react-router";

export interface RouteHandle {
  title: string;
}

/** The title of the innermost page that has one. */
export function useTitle(): string | null {
  const titles = useMatches().map(
    ({ handle }) => (handle as RouteHandle | undefined)?.title,
  );
  return titles.findLast((title) => title !== undefined) ?? null;
}

export function useDocumentTitle(title: string | null): void {
  useEffect(() => {
    document.title = title ? `${title} · MeloTech` : "MeloTech";
  }, [title]);
}
