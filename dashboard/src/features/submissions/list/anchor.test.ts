import { expect, test } from "vitest";
import { neighbour, shiftOf } from "./anchor";

const all = (): boolean => true;

test.each<[string, string, number, (id: string) => boolean, number]>([
  ["abcdef", "xyabcdef", 2, all, 2],
  ["abcdef", "bcdef", 2, all, -1],
  ["abcdef", "abcxdef", 2, all, 0],
  ["abcdef", "cabdef", 2, (id) => id !== "c", 0],
  ["abcdef", "abdef", 2, all, -1],
  ["abcdef", "xyz", 2, all, 0],
  ["", "abc", 0, all, 0],
])("from %s to %s the view at row %i moves", (before, after, first, isSteady, shift) => {
  expect(shiftOf(Array.from(before), Array.from(after), first, isSteady)).toBe(shift);
});

test.each<[string | null, number, string | null]>([
  ["b", 1, "c"],
  ["b", -1, "a"],
  ["a", -1, "a"],
  ["d", 10, "d"],
  ["b", Infinity, "d"],
  ["b", -Infinity, "a"],
  [null, 1, "c"],
  ["gone", -1, "c"],
])("from %s, %s rows further is %s", (selected, by, expected) => {
  expect(neighbour(["a", "b", "c", "d"], selected, by, 2)).toBe(expected);
});

test("among no rows there is none to select", () => {
  expect(neighbour([], null, 1, 0)).toBeNull();
});
