import { describe, expect, test } from "vitest";
import type { SubmissionUpdate } from "@/realtime/types";
import { nudge, present, type Arrival } from "./nudge";
import type { Stats } from "./stats";

const NOW = Date.parse("2026-11-23T12:02:30Z");

const stats = (more: Partial<Stats> = {}): Stats => ({
  as_of: "e1",
  changes_per_minute: [
    { minute: "2026-11-23T12:01Z", changes: 1 },
    { minute: "2026-11-23T12:02Z", changes: 2 },
  ],
  by_status: { pending: 3, approved: 1 },
  time_to_first_review: { count: 0, median_seconds: null, p90_seconds: null },
  time_to_decision: { count: 0, median_seconds: null, p90_seconds: null },
  mails: { accepted: 1, delayed: 0, failed: 0 },
  ...more,
});

const change = (more: Partial<SubmissionUpdate> = {}, id = "e2"): Arrival["message"] => ({
  type: "submission_update",
  id,
  timestamp: "2026-11-23T12:02:31Z",
  data: {
    event: "UPDATE",
    submission_id: "s",
    title: "Night Drive",
    artist_id: "a",
    updated_fields: ["status"],
    new_data: { status: "approved" },
    old_data: { status: "pending" },
    version: "2",
    timestamp: "2026-11-23T12:02:29Z",
    ...more,
  },
});

const mail = (
  outcome: string,
  severity?: "temporary" | "permanent",
): Arrival["message"] => ({
  type: "email_update",
  id: "m1",
  timestamp: "",
  data: {
    submission_id: "s",
    outcome,
    recipient: null,
    reason: null,
    timestamp: "",
    ...(severity && { severity }),
  },
});

const counts = (figures: Stats): number[] =>
  figures.changes_per_minute.map(({ changes }) => changes);

describe("the minutes", () => {
  test.each([
    ["of its own time", "2026-11-23T12:01:59.999+00:00", [2, 2]],
    ["of the newest minute", "2026-11-23T12:02:29Z", [1, 3]],
    ["of another zone", "2026-11-23T13:01:00+01:00", [2, 2]],
    ["before the window", "2026-11-23T11:00:00Z", [1, 2]],
    ["without a time", "soon", [1, 3]],
  ])("count a change %s", (_, timestamp, expected) => {
    expect(counts(nudge(stats(), change({ timestamp })))).toEqual(expected);
  });

  test.each([
    ["the next minute", "2026-11-23T12:03:00Z", { "12:02": 2, "12:03": 1 }],
    ["a minute after a silence", "2026-11-23T12:06:59Z", { "12:05": 0, "12:06": 1 }],
    ["a clock far ahead", "2036-11-23T12:06:59Z", { "12:01": 1, "12:02": 3 }],
  ])("move on with a change of %s", (_, timestamp, expected) => {
    const minutes = nudge(stats(), change({ timestamp })).changes_per_minute;
    const named = minutes.map(({ minute, changes }) => [minute.slice(11, 16), changes]);
    expect(Object.fromEntries(named)).toEqual(expected);
  });
});

describe("the statuses", () => {
  test.each<[string, Partial<SubmissionUpdate>, Record<string, number>]>([
    ["move", {}, { pending: 2, approved: 2 }],
    ["gain a new row", { event: "INSERT", old_data: {} }, { pending: 3, approved: 2 }],
    [
      "lose a deleted row",
      { event: "DELETE", new_data: {}, updated_fields: [] },
      { pending: 2, approved: 1 },
    ],
    [
      "stay when another field changed",
      { updated_fields: ["rating"], old_data: { rating: 1 } },
      { pending: 3, approved: 1 },
    ],
    ["stay when it is stale", { stale: true }, { pending: 3, approved: 1 }],
    [
      "take one they have not had",
      { new_data: { status: "on-hold" } },
      { pending: 2, approved: 1, "on-hold": 1 },
    ],
    [
      "take what every object has",
      { new_data: { status: "constructor" } },
      { pending: 2, approved: 1, constructor: 1 },
    ],
    [
      "are never below none",
      { old_data: { status: "rejected" } },
      { pending: 3, rejected: 0, approved: 2 },
    ],
    [
      "leave alone what is no text",
      { old_data: { status: null }, new_data: { status: 7 } },
      { pending: 3, approved: 1 },
    ],
  ])("%s", (_, more, expected) => {
    expect(nudge(stats(), change(more)).by_status).toEqual(expected);
  });
});

describe("the mails", () => {
  test.each([
    ["an outcome", mail("accepted"), { accepted: 2, delayed: 0, failed: 0 }],
    ["a delay", mail("failed", "temporary"), { accepted: 1, delayed: 1, failed: 0 }],
    ["a failure", mail("failed", "permanent"), { accepted: 1, delayed: 0, failed: 1 }],
    ["a new word", mail("pondered"), { accepted: 1, delayed: 0, failed: 0, pondered: 1 }],
  ])("count %s", (_, message, expected) => {
    expect(nudge(stats(), message).mails).toEqual(expected);
  });

  test("are told to nobody who was not told of them", () => {
    const untold = stats();
    delete untold.mails;
    expect(nudge(untold, mail("accepted"))).not.toHaveProperty("mails");
  });
});

describe("the present", () => {
  const arrivals = (...ids: string[]): Arrival[] =>
    ids.map((id, place) => ({ message: change({}, id), at: NOW + place * 1000 }));

  test.each([
    ["after the event they know of", "e2", ["e1", "e2", "e3"], NOW + 9_000, 3],
    ["after the answer, where that event has not come", "e9", ["e1", "e2", "e3"], NOW, 4],
    ["none, where all of it is known", "e3", ["e1", "e2", "e3"], NOW, 2],
    ["none, where nothing came", "e1", [], NOW, 2],
  ])("adds what came %s", (_, as_of, ids, fetchedAt, newest) => {
    const figures = present(stats({ as_of }), arrivals(...ids), fetchedAt);
    expect(counts(figures)).toEqual([1, newest]);
  });

  test("leaves what was fetched as it is", () => {
    const fetched = stats();
    present(fetched, arrivals("e1", "e2"), NOW);
    expect(fetched).toEqual(stats());
  });
});
