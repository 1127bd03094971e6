import { expect, test } from "vitest";
import type { ConnectionStatus, EmailUpdate } from "@/realtime/types";
import { ageOf } from "./Aged";
import { fateOf } from "./fate";

const mail = (outcome: string, more: Partial<EmailUpdate> = {}): EmailUpdate => ({
  submission_id: "a",
  outcome,
  recipient: null,
  reason: null,
  timestamp: "2026-11-23T12:00:00Z",
  ...more,
});

test.each([
  [mail("accepted"), "Mail on its way"],
  [mail("delivered"), "Mail delivered"],
  [mail("failed", { severity: "permanent" }), "Mail failed"],
  [mail("failed", { severity: "temporary" }), "Mail delayed"],
  [mail("uncertain"), "Mail uncertain"],
  [mail("of-a-later-release"), "Mail: of-a-later-release"],
  [mail("constructor"), "Mail: constructor"],
])("%j is told as %s", (update, word) => expect(fateOf(update).word).toBe(word));

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
