import { expect, test } from "vitest";
import type { Item } from "./history";
import { newestFirst } from "./order";

const at = (second: number): string =>
  new Date(1_795_435_200_000 + second * 1_000).toJSON();
const change = (id: string, second: number): Item => ({
  id,
  time: at(second),
  event: "UPDATE",
  stale: false,
  changes: [],
});
const mail = (outcome: string, second: number, cause: string | null = "e1"): Item => ({
  id: `${outcome} ${second} ${cause ?? ""}`.trim(),
  time: at(second),
  event: "email",
  outcome,
  recipient: "a***@melotech.test",
  reason: null,
  cause,
});
const delayed: Item = { ...mail("failed", 1), severity: "temporary" } as Item;

test.each<[string, Item[]]>([
  [
    "the times, where they are right",
    [mail("opened", 3), mail("delivered", 2), mail("accepted", 1), change("e1", 0)],
  ],
  [
    "what Mailgun told after that it was given the mail",
    [mail("delivered", 1), mail("accepted", 2), change("e1", 0)],
  ],
  [
    "what Mailgun told in its own order",
    [
      mail("opened", 3),
      mail("delivered", 2),
      delayed,
      mail("accepted", 4),
      change("e1", 0),
    ],
  ],
  [
    "nobody knew it meanwhile",
    [mail("delivered", 2), mail("uncertain", 21), mail("accepted", 1)],
  ],
  [
    "Mailgun's clock is behind the change",
    [mail("delivered", -9), mail("accepted", 2), change("e1", 0)],
  ],
  [
    "what happened meanwhile stays below",
    [mail("delivered", 1), mail("accepted", 4), change("e2", 3), change("e1", 0)],
  ],
  [
    "two mails, each with its own",
    [
      mail("delivered", 8, "e2"),
      mail("accepted", 9, "e2"),
      mail("delivered", 1),
      mail("accepted", 2),
    ],
  ],
  [
    "a mail of before, opened later",
    [
      mail("opened", 9),
      mail("delivered", 5, "e2"),
      mail("accepted", 6, "e2"),
      mail("delivered", 1),
      mail("accepted", 2),
    ],
  ],
  [
    "times alone, where nobody says of which change",
    [mail("accepted", 2, null), mail("delivered", 1, null)],
  ],
  ["one moment", [mail("delivered", 1), mail("accepted", 1)]],
])("%s", (_, wanted) => {
  for (const items of [
    wanted,
    wanted.toReversed(),
    [...wanted.slice(1), ...wanted.slice(0, 1)],
  ])
    expect(newestFirst(items).map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
});

test("what a gateway of old tells stands by its time", () => {
  const old = mail("delivered", 1, null);
  delete (old as { cause?: unknown }).cause;

  expect(newestFirst([old, mail("accepted", 2)])[0]).toMatchObject({ outcome: "accepted" });
});
