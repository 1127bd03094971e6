import { expect, test } from "vitest";
import type { EmailUpdate, Row, SubmissionUpdate } from "@/realtime/types";
import type { Entry } from "./contract";
import { EDIT_HOLDS_MS } from "./edits";
import { deleteOf, insertOf, rowOf, updateOf } from "./fakes";
import { EMPTY, reduce, type Action, type Model } from "./model";

const AT = 1_000;
const reset = (...rows: Row[]): Action => ({ type: "reset", rows, at: AT });
const told = (update: SubmissionUpdate, at = AT + 1): Action => ({
  type: "update",
  update,
  at,
});
const edit = (id: string, values: Row, edit = 1, at = AT): Action => ({
  type: "edit",
  id,
  edit: { id: edit, values, at },
});
const loaded = (...rows: Row[]): Model => reduce(EMPTY, [reset(...rows)]);
const entry = (model: Model, id: string): Entry => {
  const found = model.entries.get(id);
  if (!found) throw new Error(`no ${id}`);
  return found;
};

test("rows that are read stand newest first, and none of them is new", () => {
  const model = loaded(
    rowOf("a"),
    rowOf("b", { submitted_at: "2026-11-24T12:00:00+00:00" }),
  );
  expect(model.order).toEqual(["b", "a"]);
  expect(model).toMatchObject({ status: "ready", newCount: 0, asOf: AT });
});

test.each<[string, SubmissionUpdate[], Row]>([
  [
    "a newer one is shown",
    [updateOf("a", 1, { status: "approved" })],
    { status: "approved" },
  ],
  [
    "an older one leaves what is newer",
    [updateOf("a", 10, { status: "approved" }), updateOf("a", 9, { status: "rejected" })],
    { status: "approved" },
  ],
  [
    "sequences are compared as numbers, beyond what a double holds",
    [
      updateOf("a", "9007199254740993", { status: "approved" }),
      updateOf("a", "9007199254740992", { status: "rejected" }),
    ],
    { status: "approved" },
  ],
  [
    "times are compared as times",
    [
      updateOf("a", "2026-11-24T13:00:00+01:00", { status: "approved" }),
      updateOf("a", "2026-11-24T12:30:00Z", { status: "rejected" }),
    ],
    { status: "rejected" },
  ],
  [
    "an older one still tells a column that no newer one had",
    [
      updateOf("a", 2, { status: "approved" }),
      updateOf("a", 1, { status: "x", rating: 7 }),
    ],
    { status: "approved", rating: 7 },
  ],
  [
    "what is marked stale is not shown where it cannot be compared",
    [updateOf("a", null, { status: "rejected" }, { stale: true })],
    { status: "pending" },
  ],
  [
    "a change older than the rows that were read is not shown",
    [updateOf("a", "2026-11-23T11:00:00+00:00", { status: "rejected" })],
    { status: "pending" },
  ],
])("%s", (_, updates, expected) => {
  const model = reduce(
    loaded(rowOf("a")),
    updates.map((update) => told(update)),
  );
  expect(entry(model, "a").submission.row).toMatchObject(expected);
});

test("the same version again changes nothing, not even identity", () => {
  const update = updateOf("a", 5, { status: "approved" });
  const once = reduce(loaded(rowOf("a")), [told(update)]);
  const twice = reduce(once, [told(update)]);
  expect(twice.entries).toBe(once.entries);
});

test("only the row that changed is another object", () => {
  const before = loaded(rowOf("a"), rowOf("b"));
  const after = reduce(before, [told(updateOf("a", 1, { rating: 3 }))]);
  expect(entry(after, "b")).toBe(entry(before, "b"));
  expect(entry(after, "a")).not.toBe(entry(before, "a"));
  expect(after.order).toBe(before.order);
});

test("what changed is known with its time", () => {
  const model = reduce(loaded(rowOf("a")), [
    told(updateOf("a", 1, { status: "approved", rating: null, feedback: null }), 5_000),
  ]);
  expect(entry(model, "a").changed).toEqual({ fields: ["status"], at: 5_000 });
});

test("a row that comes later waits behind the count until it is shown", () => {
  const model = reduce(loaded(rowOf("a")), [
    told(insertOf("b", 1)),
    told(insertOf("c", 2)),
  ]);
  expect(model.newCount).toBe(2);
  expect(model.order).toEqual(["c", "b", "a"]);
  expect(entry(model, "b").isNew).toBe(true);
  const shown = reduce(model, [{ type: "showNew" }]);
  expect(shown.newCount).toBe(0);
  expect(entry(shown, "b").isNew).toBe(false);
});

test("a deleted row leaves, out of the count too, and nothing late brings it back", () => {
  const model = reduce(loaded(rowOf("a")), [
    told(insertOf("b", 1)),
    told(deleteOf("b", 2)),
    told(updateOf("b", 2, { rating: 1 })),
    told(insertOf("b", 1)),
  ]);
  expect([...model.entries.keys()]).toEqual(["a"]);
  expect(model).toMatchObject({ order: ["a"], newCount: 0 });
  expect(reduce(model, [told(insertOf("b", 3))]).entries.has("b")).toBe(true);
});

test("rows that are read again keep what is known to be newer", () => {
  const model = reduce(loaded(rowOf("a"), rowOf("b"), rowOf("c")), [
    told(updateOf("a", "2026-11-23T14:00:00Z", { status: "approved" })),
    reset(
      rowOf("a", { updated_at: "2026-11-23T13:00:00Z", rating: 4 }),
      rowOf("b", { updated_at: "2026-11-23T13:00:00Z", status: "rejected" }),
      rowOf("d"),
    ),
  ]);
  expect(entry(model, "a").submission).toMatchObject({ status: "approved", rating: 4 });
  expect(entry(model, "b").changed?.fields).toContain("status");
  expect(entry(model, "d").isNew).toBe(true);
  expect(model.entries.has("c")).toBe(false);
});

test("an edit shows at once and can be taken back", () => {
  const model = reduce(loaded(rowOf("a")), [edit("a", { status: "approved" })]);
  expect(entry(model, "a").submission.status).toBe("approved");
  const back = reduce(model, [{ type: "takeBack", id: "a", edit: 1 }]);
  expect(entry(back, "a").submission.status).toBe("pending");
});

test("once the server has told an edit, taking it back does nothing", () => {
  const model = reduce(loaded(rowOf("a")), [
    edit("a", { status: "approved" }),
    told(updateOf("a", 1, { status: "approved" })),
    { type: "takeBack", id: "a", edit: 1 },
    told(updateOf("a", 2, { status: "rejected" })),
  ]);
  expect(entry(model, "a").submission.status).toBe("rejected");
});

test("beside an edit the server's other columns are shown", () => {
  const model = reduce(loaded(rowOf("a")), [
    edit("a", { status: "approved" }),
    told(updateOf("a", 1, { rating: 6, status: "in-review" })),
  ]);
  expect(entry(model, "a").submission).toMatchObject({ rating: 6, status: "approved" });
});

test("an edit that the server never tells gives way in the end", () => {
  const model = reduce(loaded(rowOf("a")), [
    edit("a", { status: "approved" }),
    told(updateOf("a", 1, { status: "rejected" }), AT + EDIT_HOLDS_MS + 1),
  ]);
  expect(entry(model, "a").submission.status).toBe("rejected");
});

test("the newest outcome of a mail stays, whichever comes last", () => {
  const mail = (outcome: string, second: number): Action => {
    const update: EmailUpdate = {
      submission_id: "a",
      outcome,
      recipient: null,
      reason: null,
      timestamp: `2026-11-23T12:00:0${second}Z`,
    };
    return { type: "mail", update };
  };
  const model = reduce(EMPTY, [
    mail("delivered", 2),
    reset(rowOf("a")),
    mail("accepted", 1),
  ]);
  expect(entry(model, "a").mail?.outcome).toBe("delivered");
});

test("a mail that was delivered is not accepted again, whatever the clocks say", () => {
  const mail = (outcome: string, second: number, cause = "e1"): Action => {
    const update: EmailUpdate = {
      submission_id: "a",
      outcome,
      recipient: "a***@melotech.test",
      reason: null,
      cause,
      timestamp: `2026-11-23T12:00:0${second}Z`,
    };
    return { type: "mail", update };
  };
  const shown = (...actions: Action[]): string | undefined =>
    entry(reduce(EMPTY, [reset(rowOf("a")), ...actions]), "a").mail?.outcome;

  expect(shown(mail("delivered", 1), mail("accepted", 2))).toBe("delivered");
  expect(shown(mail("accepted", 2), mail("delivered", 1))).toBe("delivered");
  expect(shown(mail("delivered", 1), mail("accepted", 2, "e2"))).toBe("accepted");
});

test("a failure keeps the rows that were there", () => {
  const model = reduce(loaded(rowOf("a")), [{ type: "fail" }]);
  expect(model).toMatchObject({ status: "failed", order: ["a"] });
});

/** Mulberry32: the same numbers for the same seed. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What a database would tell of three rows over a while, in order. */
function historyOf(random: () => number): SubmissionUpdate[] {
  const pick = <T>(values: readonly T[]): T =>
    values[Math.floor(random() * values.length)] as T;
  const rows = new Map<string, Row>();
  const updates: SubmissionUpdate[] = [];
  for (let version = 1; version <= 40; version += 1) {
    const id = pick(["a", "b", "c"]);
    const row = rows.get(id);
    if (!row) {
      rows.set(id, rowOf(id));
      updates.push(insertOf(id, version));
    } else if (random() < 0.08) {
      rows.delete(id);
      updates.push(deleteOf(id, version));
    } else {
      const name = pick(["status", "rating", "feedback", "bpm", "title"]);
      const next: Row = { ...row, [name]: `${name} ${version}` };
      rows.set(id, next);
      const { status, rating, feedback } = next;
      const values = { status, rating, feedback, [name]: next[name] };
      const title = String(next.title);
      updates.push(updateOf(id, version, values, { updated_fields: [name], title }));
    }
  }
  return updates;
}

test("updates in any order, some twice, some marked stale, end in the same rows", () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = dice(seed);
    const updates = historyOf(random);
    const inOrder = reduce(
      loaded(),
      updates.map((update) => told(update)),
    );
    const others = updates.filter(() => random() < 0.3);
    const shuffled = [...updates, ...others]
      .map((update) => ({ update, place: random() }))
      .sort((one, other) => one.place - other.place)
      .map(({ update }) => told(update));
    const middle = Math.floor(shuffled.length / 2);
    const half = reduce(loaded(), shuffled.slice(0, middle));
    const model = reduce(half, shuffled.slice(middle));
    const rows = ({ entries }: Model): Row[] =>
      [...entries].sort().map(([, { submission }]) => submission.row);
    expect(rows(model), `seed ${seed}`).toEqual(rows(inOrder));
    expect([...model.order].sort()).toEqual([...model.entries.keys()].sort());
    expect(model.newCount).toBe(
      [...model.entries.values()].filter((one) => one.isNew).length,
    );
  }
});

test("an edit gives way to the row that the table answered, whatever is told of others", () => {
  const edited = reduce(loaded(rowOf("a")), [
    edit("a", { status: "approved", feedback: " good " }),
    // Somebody else's later change, told alone: what came between was conflated.
    told(
      updateOf("a", 2, {
        status: "rejected",
        feedback: "good",
        updated_at: "2026-11-23T12:00:02+00:00",
      }),
    ),
  ]);
  expect(entry(edited, "a").submission.status).toBe("approved");
  const row = rowOf("a", {
    status: "approved",
    feedback: "good",
    updated_at: "2026-11-23T12:00:01+00:00",
  });
  const model = reduce(edited, [{ type: "takeBack", id: "a", edit: 1, row }]);
  expect(entry(model, "a").submission).toMatchObject({
    status: "rejected",
    feedback: "good",
  });
});

test("the row that the table answered is shown before the socket tells it", () => {
  const row = rowOf("a", { feedback: "good", updated_at: "2026-11-23T12:00:01+00:00" });
  const model = reduce(loaded(rowOf("a")), [
    edit("a", { feedback: " good " }),
    { type: "takeBack", id: "a", edit: 1, row },
  ]);
  expect(entry(model, "a").submission.feedback).toBe("good");
});
