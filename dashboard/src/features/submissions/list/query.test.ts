import { expect, test } from "vitest";
import { ALL, queryOf, sortedBy, withStatus, written, type Query } from "./query";

test.each<[string, Partial<Query>]>([
  ["", {}],
  ["q=night+drive", { search: "night drive" }],
  ["status=pending&status=in-review", { statuses: ["pending", "in-review"] }],
  ["genre=hip-hop", { genre: "hip-hop" }],
  ["rating=8", { rating: 8 }],
  ["rating=none", { rating: "none" }],
  ["sort=title", { sort: "title", descending: false }],
  ["sort=-rating", { sort: "rating", descending: true }],
])("the address %j says what is asked for, and is written so again", (address, part) => {
  const query = { ...ALL, ...part };
  expect(queryOf(new URLSearchParams(address))).toEqual(query);
  expect(written(query, new URLSearchParams()).toString()).toBe(address);
});

test.each(["sort=id", "sort=--title", "rating=11", "rating=0", "rating=1e1"])(
  "what is no query, as in %j, is as if it were not there",
  (address) => expect(queryOf(new URLSearchParams(address))).toEqual(ALL),
);

test("parameters of others stay in the address", () => {
  const before = new URLSearchParams("id=a&q=old&status=x");
  expect(written({ ...ALL, search: "new" }, before).toString()).toBe("id=a&q=new");
});

test("a column is turned round by its second click", () => {
  const first = sortedBy(ALL, "rating");
  expect(first).toMatchObject({ sort: "rating", descending: true });
  expect(sortedBy(first, "rating").descending).toBe(false);
  expect(sortedBy(ALL, "title").descending).toBe(false);
});

test("a status goes in and out", () => {
  const one = withStatus(ALL, "pending");
  expect(one.statuses).toEqual(["pending"]);
  expect(withStatus(one, "pending").statuses).toEqual([]);
});
