/** The steps of a submission, from `GET /api/submissions/{id}/history`. */

import type { Api } from "@/app/api";
import { lookOf } from "@/components/StatusBadge";

interface FieldChange {
  field: string;
  from: unknown;
  to: unknown;
}

export interface HistoryItem {
  id: string;
  time: string;
  event: string;
  stale?: boolean;
  changes?: FieldChange[];
}

export interface Step {
  id: string;
  time: string;
  text: string;
}

/** The longest page there is: more steps than that nobody reads. */
const LIMIT = 500;

export async function loadSteps(
  api: Api,
  submissionId: string,
  signal?: AbortSignal,
): Promise<Step[]> {
  const path = `/api/submissions/${encodeURIComponent(submissionId)}/history?limit=${LIMIT}`;
  const { items } = await api.get<{ items: HistoryItem[] }>(path, signal);
  return stepsOf(items);
}

/** What an artist would call a step, the newest first; other changes are left out. */
export function stepsOf(items: readonly HistoryItem[]): Step[] {
  return items
    .flatMap((item) => {
      const text = textOf(item);
      return text === null ? [] : [{ id: item.id, time: item.time, text }];
    })
    .reverse();
}

function textOf({ event, stale, changes = [] }: HistoryItem): string | null {
  if (stale === true) return null;
  if (event === "INSERT") return "Received";
  if (event !== "UPDATE") return null;
  const texts = changes.flatMap(({ field, to }) => {
    if (field === "status" && typeof to === "string") return [lookOf(to).word];
    if (field === "rating" && typeof to === "number") return [`Rated ${to} of 10`];
    if (field === "feedback" && typeof to === "string" && to) return ["Feedback written"];
    return [];
  });
  return texts.length > 0 ? texts.join(", ") : null;
}
