import { expect, it } from "vitest";
import { stateOf } from "./identity";

it.each<[string, unknown, Record<string, unknown> | null, boolean]>([
  ["the role in the token", "admin", null, true],
  ["is_admin of the row", undefined, { is_admin: true }, true],
  ["admin of the row", undefined, { admin: true }, true],
  ["a flag that is text", undefined, { is_admin: "true" }, false],
  ["another role", "editor", { is_admin: false }, false],
  ["no row", undefined, null, false],
])("is an admin by %s", (_, role, row, isAdmin) => {
  expect(stateOf({ id: "a", app_metadata: { role } }, row).isAdmin).toBe(isAdmin);
});

it.each([
  ["the row's id", { id: "u-1" }, "u-1"],
  ["the row's number", { id: 7 }, "7"],
  ["the auth id without a row", null, "a"],
])("takes for the artist %s", (_, row, artistId) => {
  expect(stateOf({ id: "a", app_metadata: {} }, row).artistId).toBe(artistId);
});
