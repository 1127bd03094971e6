import { describe, expect, it, vi } from "vitest";
import { fakeStore, fakeTable, ROW } from "./drawer/fakes";
import { faultOf, reasonOf, save } from "./save";
import { createSubmissionsStore } from "./store";

const statusOf = ({ store }: ReturnType<typeof fakeStore>) =>
  store.getSnapshot().entries.get("s-1")?.submission.status;

describe("save", () => {
  it("shows the edit before the table has answered", async () => {
    const submissions = fakeStore();
    const { table, writes } = fakeTable();

    const saving = save(table, submissions.store, "s-1", { status: "approved" });

    expect(statusOf(submissions)).toBe("approved");
    await vi.waitFor(() => expect(writes).toHaveLength(1));
    writes[0]?.answer(null);
    expect(await saving).toBeNull();
    expect(statusOf(submissions)).toBe("approved");
  });

  it("shows what the table has made of the edit", async () => {
    const store = createSubmissionsStore(() => undefined);
    store.reset([ROW], 1);
    const { table, writes } = fakeTable();
    const saving = save(table, store, "s-1", { feedback: " Good " });
    await vi.waitFor(() => expect(writes).toHaveLength(1));

    writes[0]?.answer(null, {
      ...ROW,
      feedback: "Good",
      updated_at: "2026-11-20T10:00:01+00:00",
    });

    expect(await saving).toBeNull();
    expect(store.getSnapshot().entries.get("s-1")?.submission.feedback).toBe("Good");
  });

  it("takes the edit back and says why where it is refused", async () => {
    const submissions = fakeStore();
    const { table, writes } = fakeTable();
    const saving = save(table, submissions.store, "s-1", { status: "approved" });
    await vi.waitFor(() => expect(writes).toHaveLength(1));

    writes[0]?.answer({ code: "42501", message: "permission denied" });

    expect(await saving).toBe("You may not change this submission.");
    expect(statusOf(submissions)).toBe("pending");
  });

  it("writes several saves of one submission one after the other", async () => {
    const { store } = fakeStore();
    const { table, writes } = fakeTable();
    const first = save(table, store, "s-1", { status: "in-review" });
    const second = save(table, store, "s-1", { status: "approved" });
    await vi.waitFor(() => expect(writes).toHaveLength(1));

    writes[0]?.answer(null);
    await first;
    await vi.waitFor(() => expect(writes).toHaveLength(2));
    writes[1]?.answer(null);

    expect(await second).toBeNull();
    expect(writes.map(({ values }) => values.status)).toEqual(["in-review", "approved"]);
  });

  it("goes on after a write that was refused", async () => {
    const { store } = fakeStore();
    const { table, writes } = fakeTable();
    const first = save(table, store, "s-1", { rating: 1 });
    const second = save(table, store, "s-1", { rating: 2 });
    await vi.waitFor(() => expect(writes).toHaveLength(1));

    writes[0]?.answer({ message: "TypeError: Failed to fetch" });
    await vi.waitFor(() => expect(writes).toHaveLength(2));
    writes[1]?.answer(null);

    expect(await first).toMatch(/cannot be reached/);
    expect(await second).toBeNull();
  });

  it("asks the table for nothing that cannot be right", async () => {
    const submissions = fakeStore();
    const { table, writes } = fakeTable();

    expect(await save(table, submissions.store, "s-1", { rating: 11 })).toMatch(
      /from 1 to 10/,
    );

    expect(writes).toEqual([]);
  });

  it("never rejects", async () => {
    const { store } = fakeStore();
    const table = {
      from: () => {
        throw new Error("boom");
      },
    };

    expect(await save(table, store, "s-1", { rating: 1 })).toMatch(/boom/);
  });
});

describe("faultOf", () => {
  it.each([
    [{ rating: 1 }, null],
    [{ rating: 10, status: "approved", feedback: "x" }, null],
    [{ rating: null, feedback: null }, null],
    [{ rating: 0 }, /rating/],
    [{ rating: 5.5 }, /rating/],
    [{ rating: "5" }, /rating/],
    [{ status: "sold" }, /status/],
    [{ feedback: "x".repeat(5_001) }, /longer/],
  ])("%j", (values, expected) => {
    const fault = faultOf(values);

    if (expected === null) expect(fault).toBeNull();
    else expect(fault).toMatch(expected);
  });
});

describe("reasonOf", () => {
  it.each([
    [{ code: "42501", message: "x" }, /may not change/],
    [{ code: "403", message: "Forbidden" }, /may not change/],
    [{ code: "PGRST116", message: "0 rows" }, /no longer there/],
    [{ code: "PGRST301", message: "JWT expired" }, /sign in/],
    [{ code: "", message: "TimeoutError: signal timed out" }, /in time/],
    [{ code: "", message: "TypeError: Failed to fetch" }, /cannot be reached/],
    [{ code: "23514", message: "violates a check" }, /refused it: violates a check/],
    [{ message: "" }, /no reason given/],
  ])("%j", (refusal, expected) => {
    expect(reasonOf(refusal)).toMatch(expected);
  });
});
