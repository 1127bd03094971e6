import { expect, test } from "vitest";
import type { ConnectionStatus } from "@/realtime/types";
import { ageOf } from "./Aged";

const ENTRIES = new Map([["a", null as never]]);

test.each<[ConnectionStatus, number | null, number | null, number | null]>([
  ["live", 1, 2, null],
  ["connecting", 1, 2, null],
  ["reconnecting", 1, 2, 2],
  ["reconnecting", 3, null, 3],
  ["closed", 3, 2, 3],
  ["reconnecting", null, 2, null],
])("%s, whole at %s and heard at %s, it is as of %s", (status, asOf, heardAt, expected) => {
  expect(ageOf({ asOf, entries: ENTRIES }, { status, heardAt })).toBe(expected);
});
