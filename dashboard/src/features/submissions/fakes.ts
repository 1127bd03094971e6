/** Rows and updates for tests. */

import type { Row, SubmissionUpdate } from "@/realtime/types";

export function rowOf(id: string, values: Row = {}): Row {
  return {
    id,
    title: `Track ${id}`,
    userid: "artist",
    genre: "techno",
    status: "pending",
    rating: null,
    feedback: null,
    bpm: 120,
    key: "Am",
    files: [],
    submitted_at: "2026-11-23T12:00:00+00:00",
    updated_at: "2026-11-23T12:00:00+00:00",
    ...values,
  };
}

export function updateOf(
  id: string,
  version: number | string | null,
  values: Row,
  more: Partial<SubmissionUpdate> = {},
): SubmissionUpdate {
  return {
    event: "UPDATE",
    submission_id: id,
    title: `Track ${id}`,
    artist_id: "artist",
    updated_fields: Object.keys(values),
    new_data: values,
    old_data: {},
    version: version === null ? null : String(version),
    timestamp: "2026-11-23T12:00:00+00:00",
    ...more,
  };
}

export function insertOf(id: string, version: number, values: Row = {}): SubmissionUpdate {
  return updateOf(id, version, rowOf(id, values), { event: "INSERT" });
}

export function deleteOf(id: string, version: number): SubmissionUpdate {
  return updateOf(id, version, {}, { event: "DELETE", old_data: { id } });
}
