import { expect, it } from "vitest";
import type { EmailUpdate, SubmissionUpdate } from "@/realtime/types";
import { mailOf, updateOf } from "../../../tests/fakes";
import { noticeOfMail, noticeOfUpdate } from "./notices";

it.each<[string, Partial<SubmissionUpdate>, unknown]>([
  ["a status with what it was", {}, "Status: in-review → approved"],
  ["a status that was not set", { old_data: { status: null } }, "Status: none → approved"],
  ["a rating", { updated_fields: ["rating"] }, "Rating: 9"],
  ["columns by name", { updated_fields: ["bpm", "updated_at"] }, "Changed: bpm"],
  ["a new row by its title", { event: "INSERT" }, "Night Drive"],
  ["nothing where no column changed", { updated_fields: [] }, undefined],
  ["nothing of overtaken news", { stale: true }, undefined],
])("tells of %s", (_, data, description) => {
  const update = updateOf(data).data;
  expect(noticeOfUpdate(update)?.description).toBe(description);
});

it.each<[Partial<EmailUpdate>, string | undefined]>([
  [
    { outcome: "failed", severity: "permanent", reason: "no such box" },
    "A mail will not arrive",
  ],
  [{ outcome: "failed", severity: "temporary" }, undefined],
  [{ outcome: "complained" }, "A mail was called spam"],
  [{ outcome: "uncertain" }, "It is not known whether a mail went out"],
  [{ outcome: "accepted" }, undefined],
  [{ outcome: "of a later release" }, undefined],
])("tells of a mail that is %o: %s", (data, title) => {
  expect(noticeOfMail(mailOf(data).data)?.title).toBe(title);
});
