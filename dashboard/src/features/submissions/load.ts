/** Every submission there is, page by page, and the event that the pages are right as of. */

import type { EmailUpdate, Row, Snapshot } from "@/realtime/types";

export interface Page {
  as_of: string | null;
  items: Row[];
  /** The newest outcome for each row that has had a mail; a gateway of old tells none. */
  mails?: EmailUpdate[];
  next: string | null;
}

export type GetPage = (path: string, signal?: AbortSignal) => Promise<Page>;

export const PAGE_ROWS = 500;
export const MAX_ROWS = 50_000;

/**
 * What changed since the first page comes by the socket after its `as_of`. Later pages may
 * show some of that already: the versions tell. Throws what `get` throws.
 */
export async function loadSubmissions(
  get: GetPage,
  signal?: AbortSignal,
  onProgress: (rows: number) => void = () => undefined,
): Promise<Snapshot> {
  const rows: Row[] = [];
  let asOf: string | null = null;
  let cursor: string | null = null;
  do {
    const page: Page = await get(pathOf(cursor), signal);
    signal?.throwIfAborted();
    if (cursor === null) asOf = page.as_of;
    rows.push(...page.items);
    onProgress(rows.length);
    cursor = page.items.length > 0 ? page.next : null;
  } while (cursor !== null && rows.length < MAX_ROWS);
  const isCut = cursor !== null || rows.length > MAX_ROWS;
  return { rows: rows.slice(0, MAX_ROWS), asOf, isCut };
}

function pathOf(cursor: string | null): string {
  const query = new URLSearchParams({ limit: String(PAGE_ROWS) });
  if (cursor !== null) query.set("cursor", cursor);
  return `/api/submissions?${query.toString()}`;
}
