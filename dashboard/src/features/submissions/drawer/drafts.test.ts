import { describe, expect, it } from "vitest";
import { createDrafts } from "./drafts";
import { mergeEdit, type Values } from "./mergeEdit";

const row: Values = { status: "pending", rating: null, feedback: null };

function deferred() {
  let settle: (reason: string | null) => void = () => undefined;
  const promise = new Promise<string | null>((resolve) => (settle = resolve));
  return { write: () => promise, settle: (reason: string | null) => settle(reason) };
}

describe("drafts", () => {
  it("keeps what was typed for each submission apart", () => {
    const drafts = createDrafts();

    drafts.edit("a", "rating", 7, null);
    drafts.edit("b", "rating", 3, null);

    expect(drafts.get("a").mine).toEqual({ rating: 7 });
    expect(drafts.get("b").mine).toEqual({ rating: 3 });
  });

  it("forgets an edit that was put back", () => {
    const drafts = createDrafts();

    drafts.edit("a", "feedback", "x", null);
    drafts.edit("a", "feedback", "", null);

    expect(drafts.get("a").mine).toEqual({});
  });

  it("is clean once saved", async () => {
    const drafts = createDrafts();
    drafts.edit("a", "rating", 7, null);

    await drafts.submit("a", { rating: 7 }, () => Promise.resolve(null));

    expect(drafts.get("a")).toEqual({
      base: {},
      mine: {},
      saving: 0,
      outcome: { saved: true },
    });
  });

  it("keeps what was typed while a save was under way, without a false conflict", async () => {
    const drafts = createDrafts();
    const { write, settle } = deferred();
    drafts.edit("a", "feedback", "ab", null);
    const saving = drafts.submit("a", { feedback: "ab" }, write);

    drafts.edit("a", "feedback", "abc", "ab");
    settle(null);
    await saving;

    const { base, mine } = drafts.get("a");
    expect(mergeEdit(base, mine, { ...row, feedback: "ab" })).toMatchObject({
      values: { feedback: "abc" },
      dirty: ["feedback"],
      conflicts: {},
    });
  });

  it("shows what was refused as an unsaved edit again", async () => {
    const drafts = createDrafts();
    drafts.edit("a", "rating", 7, null);

    await drafts.submit("a", { rating: 7 }, () => Promise.resolve("No."));

    const { base, mine, outcome } = drafts.get("a");
    expect(outcome).toEqual({ saved: false, reason: "No." });
    expect(mergeEdit(base, mine, row)).toMatchObject({
      values: { rating: 7 },
      dirty: ["rating"],
      conflicts: {},
    });
  });

  it("settles a conflict by keeping one's own", () => {
    const drafts = createDrafts();
    drafts.edit("a", "rating", 7, null);

    drafts.keep("a", "rating", 2);

    const { base, mine } = drafts.get("a");
    expect(mergeEdit(base, mine, { ...row, rating: 2 })).toMatchObject({
      values: { rating: 7 },
      dirty: ["rating"],
      conflicts: {},
    });
  });
});
