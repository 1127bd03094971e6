import { expect, test } from "vitest";
import type { Row } from "@/realtime/types";
import { insertOf, rowOf, updateOf } from "../fakes";
import { EMPTY, reduce, type Model } from "../model";
import { arrange, NOTHING } from "./arrange";
import { ALL, type Query } from "./query";

const ROWS: Row[] = [
  rowOf("a", { title: "Zoë's Theme", genre: "house", rating: 9, status: "approved" }),
  rowOf("b", { title: "ambient 10", genre: "ambient", rating: null, userid: "ada" }),
  rowOf("c", {
    title: "Ambient 9",
    genre: "ambient",
    rating: 4,
    feedback: "Too <b>loud</b>",
  }),
  rowOf("d", { title: null, genre: null, rating: 7, status: "in-review" }),
].map((row, number) => ({ ...row, submitted_at: `2026-11-2${number}T00:00:00Z` }));

const NAMES = new Map([["ada", "Ada Løve"]]);
const model = (rows: Row[] = ROWS): Model =>
  reduce(EMPTY, [{ type: "reset", rows, at: 1 }]);
const idsOf = (query: Partial<Query>): string =>
  arrange(model().entries, { ...ALL, ...query }, NAMES, NOTHING).ids.join("");

test.each<[Partial<Query>, string]>([
  [{}, "dcba"],
  [{ descending: false }, "abcd"],
  [{ sort: "title", descending: false }, "cbad"],
  [{ sort: "title", descending: true }, "abcd"],
  [{ sort: "rating", descending: true }, "adcb"],
  [{ sort: "rating", descending: false }, "cdab"],
  [{ sort: "status", descending: false }, "cbda"],
  [{ search: "zoe" }, "a"],
  [{ search: "  AMBIENT 9 " }, "c"],
  [{ search: "<b>" }, "c"],
  [{ search: "ada" }, "b"],
  [{ search: "nothing like it" }, ""],
  [{ statuses: ["approved", "in-review"] }, "da"],
  [{ genre: "ambient" }, "cb"],
  [{ rating: 7 }, "da"],
  [{ rating: "none" }, "b"],
  [{ genre: "ambient", rating: 3 }, "c"],
])("asked for %j it shows %s", (query, ids) => expect(idsOf(query)).toBe(ids));

test("statuses are counted as the other filters leave them", () => {
  const query = { ...ALL, genre: "ambient", statuses: ["approved"] };
  const view = arrange(model().entries, query, NAMES, NOTHING);
  expect(view.ids).toEqual([]);
  expect([...view.counts]).toEqual([["pending", 2]]);
  expect(view.genres).toEqual(["ambient", "house"]);
});

test("new rows are not among them until they are shown", () => {
  const update = insertOf("e", 1);
  const later = reduce(model(), [{ type: "update", update, at: 2 }]);
  expect(arrange(later.entries, ALL, NAMES, NOTHING).ids).not.toContain("e");
});

test("the list is the same object while the order is the same", () => {
  const before = arrange(model().entries, ALL, NAMES, NOTHING);
  const update = updateOf("a", 1, { feedback: "Fine" });
  const changed = reduce(model(), [{ type: "update", update, at: 2 }]);
  expect(arrange(changed.entries, ALL, NAMES, before).ids).toBe(before.ids);
});

test("the order does not depend on what stood before", () => {
  const query: Query = { ...ALL, sort: "rating" };
  const before = arrange(model().entries, { ...ALL, sort: "title" }, NAMES, NOTHING);
  const fresh = arrange(model().entries, query, NAMES, NOTHING);
  expect(arrange(model().entries, query, NAMES, before).ids).toEqual(fresh.ids);
});
