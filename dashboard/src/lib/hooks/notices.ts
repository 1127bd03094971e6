/** The toasts that tell of updates, of mails and of the connection. */

import type { NewToast, ToastGroup } from "@/app/toasts";
import type { EmailUpdate, SubmissionUpdate } from "@/realtime/types";

/** A blip is not worth a word, in milliseconds. */
export const PATIENCE = 3_000;

const VERBS = { INSERT: "New submission", DELETE: "Submission removed" } as const;

const CHANGES: ToastGroup = {
  name: "changes",
  titleOf: (changes, submissions) =>
    `${changes} changes of ${submissions === 1 ? "one submission" : `${submissions} submissions`}`,
};
const MAILS: ToastGroup = {
  name: "mails",
  titleOf: (_, submissions) =>
    `Mails of ${submissions === 1 ? "one submission" : `${submissions} submissions`} need a look`,
};

/** A status that is set, as the toast of it names the change. */
export const statusChange = (id: string, status: unknown): string =>
  `${id} status ${word(status)}`;

/** Null where there is nothing to tell: no column changed, or it is overtaken news. */
export function noticeOfUpdate(update: SubmissionUpdate): NewToast | null {
  if (update.stale) return null;
  const title = update.title ?? "Untitled";
  const grouping = { group: CHANGES, about: { id: update.submission_id, name: title } };
  if (update.event !== "UPDATE")
    return { title: VERBS[update.event], description: title, ...grouping };
  if (update.updated_fields.length === 0) return null;
  const notice = { title, description: changeOf(update), ...grouping };
  return update.updated_fields.includes("status")
    ? { ...notice, change: statusChange(update.submission_id, update.new_data.status) }
    : notice;
}

/** What changed, in words: the status with what it was, else the names of the columns. */
function changeOf({ updated_fields, new_data, old_data }: SubmissionUpdate): string {
  if (updated_fields.includes("status"))
    return `Status: ${word(old_data.status)} → ${word(new_data.status)}`;
  if (updated_fields.includes("rating")) return `Rating: ${word(new_data.rating)}`;
  const shown = updated_fields.filter((field) => field !== "updated_at");
  return `Changed: ${(shown.length > 0 ? shown : updated_fields).join(", ")}`;
}

function word(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "none";
}

/** Only of what wants a look: that a mail went its way stands beside its submission. */
export function noticeOfMail({
  submission_id: id,
  outcome,
  severity,
  reason,
  recipient,
}: EmailUpdate): NewToast | null {
  const description = [recipient, reason].filter(Boolean).join(": ");
  const notice = (title: string, kind: NewToast["kind"]): NewToast => ({
    title,
    ...(description && { description }),
    ...(kind && { kind }),
    group: MAILS,
    about: { id, name: recipient ?? id },
  });
  if (outcome === "failed" && severity !== "temporary")
    return notice("A mail will not arrive", "bad");
  if (outcome === "complained") return notice("A mail was called spam", "bad");
  if (outcome === "uncertain")
    return notice("It is not known whether a mail went out", "info");
  return null;
}

export const LOST: NewToast = {
  title: "Live updates are interrupted",
  description: "What is shown may be out of date.",
  kind: "bad",
};

export const BACK: NewToast = { title: "Live updates are back", kind: "good" };

export interface ConnectionNotices {
  tell: (isConnected: boolean) => void;
  stop: () => void;
}

/** Tells of a loss that lasts, and of its end where the loss was told. */
export function createConnectionNotices(
  show: (toast: NewToast) => void,
): ConnectionNotices {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let told = false;
  return {
    tell(isConnected) {
      clearTimeout(waiting);
      if (isConnected && told) show(BACK);
      if (isConnected) told = false;
      else
        waiting = setTimeout(() => {
          told = true;
          show(LOST);
        }, PATIENCE);
    },
    stop: () => clearTimeout(waiting),
  };
}
