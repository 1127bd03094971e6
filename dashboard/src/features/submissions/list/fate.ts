/** What became of a submission's last mail, in a word. */

import type { EmailUpdate } from "@/realtime/types";

export interface Fate {
  word: string;
  tone: "good" | "warn" | "bad" | "muted";
  /** Told apart without colour. */
  mark: "check" | "clock" | "alert" | "cross" | "mail";
}

const FATES: Record<string, Fate> = {
  accepted: { word: "Mail on its way", tone: "muted", mark: "mail" },
  delivered: { word: "Mail delivered", tone: "good", mark: "check" },
  opened: { word: "Mail opened", tone: "good", mark: "check" },
  clicked: { word: "Mail read, link followed", tone: "good", mark: "check" },
  uncertain: { word: "Mail uncertain", tone: "warn", mark: "alert" },
  skipped: { word: "No mail sent", tone: "muted", mark: "cross" },
  failed: { word: "Mail failed", tone: "bad", mark: "cross" },
  complained: { word: "Mail called spam", tone: "bad", mark: "alert" },
  unsubscribed: { word: "Unsubscribed from mails", tone: "warn", mark: "cross" },
};

/** An outcome that is not known is shown as it is. */
export function fateOf(mail: EmailUpdate): Fate {
  if (mail.outcome === "failed" && mail.severity === "temporary")
    return { word: "Mail delayed", tone: "warn", mark: "clock" };
  const known = Object.hasOwn(FATES, mail.outcome) ? FATES[mail.outcome] : undefined;
  return known ?? { word: `Mail: ${mail.outcome}`, tone: "muted", mark: "mail" };
}
