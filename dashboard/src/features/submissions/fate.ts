/** What became of a submission's mail: the words of the list and of the time line. */

import type { IconName } from "@/components/Icon";
import type { EmailUpdate } from "@/realtime/types";

export interface Fate {
  /** Beside the words, never in their place. */
  icon: IconName;
  words: string;
  tone: "good" | "warn" | "bad" | "muted";
}

const FATES: Record<string, Fate> = {
  accepted: { icon: "mail", words: "Mail accepted for delivery", tone: "muted" },
  uncertain: {
    icon: "question",
    words: "Not known yet whether the mail went out",
    tone: "warn",
  },
  delivered: { icon: "check", words: "Mail delivered", tone: "good" },
  failed: { icon: "cross", words: "Mail will not arrive", tone: "bad" },
  complained: { icon: "alert", words: "Mail called spam", tone: "bad" },
  unsubscribed: { icon: "leave", words: "Wants no more mails", tone: "warn" },
  skipped: { icon: "info", words: "No mail was sent", tone: "muted" },
  opened: { icon: "eye", words: "Mail opened", tone: "good" },
  clicked: { icon: "eye", words: "Link in the mail followed", tone: "good" },
};
const DELAYED: Fate = {
  icon: "clock",
  words: "Mail delayed, it is tried again",
  tone: "warn",
};

export const TONES: Record<Fate["tone"], string> = {
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  muted: "text-muted",
};

/** An outcome that is not known is shown as it is. */
export function fateOf({
  outcome,
  severity,
}: Pick<EmailUpdate, "outcome" | "severity">): Fate {
  if (outcome === "failed" && severity === "temporary") return DELAYED;
  const known = Object.hasOwn(FATES, outcome) ? FATES[outcome] : undefined;
  return known ?? { icon: "mail", words: `Mail: ${outcome}`, tone: "muted" };
}
