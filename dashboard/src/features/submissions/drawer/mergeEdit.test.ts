import { describe, expect, it } from "vitest";
import { mergeEdit, type Values } from "./mergeEdit";

const row: Values = { status: "pending", rating: 5, feedback: "ok" };

const TABLE: {
  name: string;
  base: Partial<Values>;
  mine: Partial<Values>;
  theirs: Partial<Values>;
  shown: Partial<Values>;
  dirty: string[];
  conflicts: Partial<Values>;
}[] = [
  {
    name: "nothing edited follows the row",
    base: {},
    mine: {},
    theirs: { status: "approved" },
    shown: { status: "approved" },
    dirty: [],
    conflicts: {},
  },
  {
    name: "an edit stays while another field changes in place",
    base: { feedback: "ok" },
    mine: { feedback: "fine" },
    theirs: { rating: 9 },
    shown: { feedback: "fine", rating: 9 },
    dirty: ["feedback"],
    conflicts: {},
  },
  {
    name: "an edited field that changed is a conflict, and what was typed stays",
    base: { rating: 5 },
    mine: { rating: 7 },
    theirs: { rating: 2 },
    shown: { rating: 7 },
    dirty: ["rating"],
    conflicts: { rating: 2 },
  },
  {
    name: "a field that was cleared elsewhere is a conflict too",
    base: { rating: 5 },
    mine: { rating: 7 },
    theirs: { rating: null },
    shown: { rating: 7 },
    dirty: ["rating"],
    conflicts: { rating: null },
  },
  {
    name: "both chose the same: nothing is left to save",
    base: { status: "pending" },
    mine: { status: "approved" },
    theirs: { status: "approved" },
    shown: { status: "approved" },
    dirty: [],
    conflicts: {},
  },
  {
    name: "an edit put back to what it was follows the row",
    base: { status: "pending" },
    mine: { status: "pending" },
    theirs: { status: "rejected" },
    shown: { status: "rejected" },
    dirty: [],
    conflicts: {},
  },
  {
    name: "an empty feedback and none are the same",
    base: { feedback: null },
    mine: { feedback: "" },
    theirs: { feedback: null },
    shown: { feedback: null },
    dirty: [],
    conflicts: {},
  },
];

describe("mergeEdit", () => {
  it.each(TABLE)("$name", ({ base, mine, theirs, shown, dirty, conflicts }) => {
    const now = { ...row, ...theirs };

    const merged = mergeEdit(base, mine, now);

    expect(merged).toEqual({ values: { ...now, ...shown }, dirty, conflicts });
  });
});
