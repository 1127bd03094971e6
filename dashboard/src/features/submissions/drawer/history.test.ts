import { describe, expect, it } from "vitest";
import type { Message } from "@/realtime/types";
import { itemOf, mergeItems, type Item } from "./history";
import { fieldName, linesOf, valueWords } from "./words";

const mail = (id: string, time: string, outcome = "accepted"): Item => ({
  id,
  time,
  event: "email",
  outcome,
  recipient: null,
  reason: null,
});
const told: Message = {
  type: "email_update",
  id: "m1",
  timestamp: "2026-11-23T12:00:05+00:00",
  data: {
    submission_id: "s-1",
    outcome: "failed",
    recipient: "a***@melotech.test",
    reason: "come again",
    cause: "e1",
    severity: "temporary",
    timestamp: "2026-11-23T12:00:04+00:00",
  },
};

const update: Message = {
  type: "submission_update",
  id: "e1",
  timestamp: "2026-11-23T12:00:01+00:00",
  data: {
    event: "UPDATE",
    submission_id: "s-1",
    title: "T",
    artist_id: "a-1",
    updated_fields: ["status", "constructor", "updated_at"],
    new_data: { status: "approved", rating: 9, feedback: null },
    old_data: { status: "in-review" },
    version: "2",
    timestamp: "2026-11-23T12:00:00+00:00",
  },
};

describe("itemOf", () => {
  it("tells each changed field from and to", () => {
    expect(itemOf(update, "s-1")).toEqual({
      id: "e1",
      time: "2026-11-23T12:00:00+00:00",
      event: "UPDATE",
      stale: false,
      changes: [
        { field: "status", from: "in-review", to: "approved" },
        { field: "constructor", from: null, to: null },
        { field: "updated_at", from: null, to: null },
      ],
    });
  });

  it("tells what became of a mail, and which change it is about", () => {
    expect(itemOf(told, "s-1")).toEqual({
      id: "m1",
      time: "2026-11-23T12:00:04+00:00",
      event: "email",
      outcome: "failed",
      recipient: "a***@melotech.test",
      reason: "come again",
      cause: "e1",
      severity: "temporary",
    });
  });

  it("passes over other submissions and other messages", () => {
    expect(itemOf(update, "s-2")).toBeNull();
    expect(itemOf({ type: "error", code: "x", message: "y" }, "s-1")).toBeNull();
  });
});

describe("mergeItems", () => {
  it("puts the newest first, whatever came when, and each event once", () => {
    const known = mergeItems([], [mail("a", "2026-11-23T12:00:00Z")]);

    const merged = mergeItems(known, [
      mail("b", "2026-11-23T14:00:00+00:00"),
      mail("a", "2026-11-23T12:00:00Z", "delivered"),
      mail("c", "2026-11-23T13:30:00+01:00"),
      mail("b", "2026-11-23T14:00:00+00:00"),
    ]);

    expect(merged.map(({ id }) => id)).toEqual(["b", "c", "a"]);
    expect(merged.at(-1)).toMatchObject({ outcome: "accepted" });
  });

  it("is the same list where nothing is new", () => {
    const known = mergeItems([], [mail("a", "2026-11-23T12:00:00Z")]);

    expect(mergeItems(known, known)).toBe(known);
  });
});

describe("words", () => {
  it.each([
    [null, "nothing"],
    ["", "nothing"],
    [0, "0"],
    [true, "yes"],
    [{ a: 1 }, '{"a":1}'],
    ["x".repeat(200), `${"x".repeat(160)}…`],
  ])("%j reads %s", (value, words) => {
    expect(valueWords(value)).toBe(words);
  });

  it("names fields, and leaves out the clock column", () => {
    const item = itemOf(update, "s-1");

    expect(fieldName("submitted_at")).toBe("Submitted at");
    expect(item?.event === "UPDATE" && linesOf(item).map(({ field }) => field)).toEqual([
      "status",
      "constructor",
    ]);
  });
});
