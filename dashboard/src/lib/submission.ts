/** A row of `submissions` as the pages show it. */

import type { Row } from "@/realtime/types";

export interface Submission {
  id: string;
  title: string | null;
  userid: string | null;
  genre: string | null;
  status: string | null;
  rating: number | null;
  feedback: string | null;
  bpm: number | null;
  key: string | null;
  files: string[];
  description: string | null;
  submitted_at: string | null;
  updated_at: string | null;
  /** The row as it came, for columns that are not named here. */
  row: Row;
}

export const STATUSES = ["pending", "in-review", "approved", "rejected"] as const;

const text = (value: unknown): string | null =>
  typeof value === "string" || typeof value === "number" ? String(value) : null;

const number = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

export function submissionOf(row: Row): Submission {
  return {
    id: text(row.id) ?? "",
    title: text(row.title),
    userid: text(row.userid),
    genre: text(row.genre),
    status: text(row.status),
    rating: number(row.rating),
    feedback: text(row.feedback),
    bpm: number(row.bpm),
    key: text(row.key),
    files: Array.isArray(row.files)
      ? row.files.filter((file): file is string => typeof file === "string")
      : [],
    description: text(row.description),
    submitted_at: text(row.submitted_at),
    updated_at: text(row.updated_at),
    row,
  };
}
