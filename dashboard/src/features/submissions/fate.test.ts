import { expect, test } from "vitest";
import { fateOf } from "./fate";

test.each([
  [{ outcome: "accepted" }, "Mail accepted for delivery", "muted"],
  [{ outcome: "uncertain" }, "Not known yet whether the mail went out", "warn"],
  [{ outcome: "delivered" }, "Mail delivered", "good"],
  [{ outcome: "failed" }, "Mail will not arrive", "bad"],
  [{ outcome: "failed", severity: "permanent" as const }, "Mail will not arrive", "bad"],
  [
    { outcome: "failed", severity: "temporary" as const },
    "Mail delayed, it is tried again",
    "warn",
  ],
  [{ outcome: "complained" }, "Mail called spam", "bad"],
  [{ outcome: "skipped" }, "No mail was sent", "muted"],
  [{ outcome: "of-a-later-release" }, "Mail: of-a-later-release", "muted"],
  [{ outcome: "constructor" }, "Mail: constructor", "muted"],
])("%j is told as %s", (mail, words, tone) => {
  expect(fateOf(mail)).toMatchObject({ words, tone });
});
