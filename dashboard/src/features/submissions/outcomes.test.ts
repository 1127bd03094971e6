import { describe, expect, it, test } from "vitest";
import type { EmailUpdate } from "@/realtime/types";
import vectors from "../../../../tests/vectors/mail_outcomes.json";
import { newest } from "./outcomes";

describe("the gateway's vectors", () => {
  it.each(vectors as { name: string; newest: EmailUpdate; others: EmailUpdate[] }[])(
    "$name: the same in whatever order they come",
    (vector) => {
      for (const [first, ...more] of orders([vector.newest, ...vector.others]))
        expect(first && newest(first, ...more)).toBe(vector.newest);
    },
  );
});

test("the last of equals is the newest", () => {
  const told: EmailUpdate = {
    submission_id: "s-1",
    outcome: "accepted",
    recipient: null,
    reason: null,
    timestamp: "2026-11-23T12:00:00Z",
  };
  const again = { ...told };
  expect(newest(told, again)).toBe(again);
});

function orders<T>(all: T[]): T[][] {
  if (all.length < 2) return [all];
  return all.flatMap((one, place) =>
    orders(all.toSpliced(place, 1)).map((rest) => [one, ...rest]),
  );
}
