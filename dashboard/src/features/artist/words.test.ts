import { expect, test } from "vitest";
import type { SubmissionUpdate } from "@/realtime/types";
import { stepsOf, type HistoryItem } from "./history";
import { ownPath } from "./own";
import { announcement, changedWords, storyOf } from "./words";

const update = (more: Partial<SubmissionUpdate>): SubmissionUpdate => ({
  event: "UPDATE",
  submission_id: "s",
  title: "Maple",
  artist_id: "a",
  updated_fields: ["status"],
  new_data: { status: "approved", rating: 9, feedback: null },
  old_data: {},
  version: null,
  timestamp: "",
  ...more,
});

test.each<[Partial<SubmissionUpdate>, string | null]>([
  [{}, "Maple: now approved."],
  [{ updated_fields: ["rating", "status"] }, "Maple: now approved, rated 9 of 10."],
  [
    { updated_fields: ["feedback"], new_data: { feedback: "Good" } },
    "Maple: there is new feedback.",
  ],
  [{ updated_fields: ["feedback"] }, null],
  [{ updated_fields: ["bpm"] }, null],
  [{ stale: true }, null],
  [{ event: "INSERT" }, "Maple has arrived."],
  [{ event: "DELETE", title: null }, "Your track was removed."],
  [{ new_data: { status: 7 } }, null],
])("%j is announced as %j", (more, expected) => {
  expect(announcement(update(more))).toBe(expected);
});

test.each([
  ["approved", /^Congratulations/],
  ["on-hold", /^We have your track/],
  ["constructor", /^We have your track/],
  [null, /^We have your track/],
])("the status %j has its story", (status, expected) => {
  expect(storyOf(status)).toMatch(expected);
});

test.each([
  [["feedback", "status"], "New just now: status and feedback"],
  [["updated_at"], "Changed just now"],
  [[], "Changed just now"],
])("the changed fields %j are told", (fields, expected) => {
  expect(changedWords(fields)).toBe(expected);
});

const item = (more: Partial<HistoryItem>): HistoryItem => ({
  id: "e",
  time: "t",
  event: "UPDATE",
  ...more,
});
const to = (field: string, value: unknown): Partial<HistoryItem> => ({
  changes: [{ field, from: null, to: value }],
});

test.each<[string, Partial<HistoryItem>, string[]]>([
  ["an arrival", { event: "INSERT" }, ["Received"]],
  ["a status", to("status", "in-review"), ["In review"]],
  ["a rating", to("rating", 7), ["Rated 7 of 10"]],
  ["feedback", to("feedback", "Good"), ["Feedback written"]],
  ["feedback that was taken back", to("feedback", null), []],
  ["another field", to("bpm", 120), []],
  ["what is stale", { ...to("status", "approved"), stale: true }, []],
  ["a mail", { event: "email" }, []],
])("%s is a step as an artist would call it", (_, more, expected) => {
  expect(stepsOf([item(more)]).map(({ text }) => text)).toEqual(expected);
});

test("the newest step comes first", () => {
  const steps = stepsOf([
    item({ id: "1", event: "INSERT" }),
    item({ id: "2", ...to("rating", 1) }),
  ]);
  expect(steps.map(({ id }) => id)).toEqual(["2", "1"]);
});

test.each([
  [{ isAdmin: false, artistId: "a" }, "/api/submissions?limit=500"],
  [{ isAdmin: true, artistId: "a&b" }, "/api/submissions?limit=500&artist_id=a%26b"],
])("%j reads the own rows", (session, expected) => {
  expect(ownPath("/api/submissions?limit=500", session)).toBe(expected);
});
