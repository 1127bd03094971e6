/**
 * Which outcome of a submission's mails is the newest: the gateway has the same rule.
 *
 * Mailgun has a clock of its own: by their times alone a mail may be delivered before
 * Mailgun had it.
 */

import type { EmailUpdate } from "@/realtime/types";
import { microseconds } from "@/realtime/versions";

type Outcome = Pick<EmailUpdate, "outcome" | "severity" | "recipient">;

const UNCERTAIN = 0;
const OF_MAILER = 1;
const DELAYED = 2;
const ARRIVED = 3;
/** What the mailer tells has one clock; one that is not known here is Mailgun's. */
const RANKS = new Map([
  ["uncertain", UNCERTAIN],
  ["accepted", OF_MAILER],
  ["skipped", OF_MAILER],
  ["opened", ARRIVED + 1],
  ["clicked", ARRIVED + 2],
  ["unsubscribed", ARRIVED + 3],
  ["complained", ARRIVED + 4],
]);

/**
 * The last one of equals. The mail that was heard of last, by the times, is the newest; of
 * its own outcomes the one that only follows the others, then the youngest.
 */
export function newest(first: EmailUpdate, ...more: EmailUpdate[]): EmailUpdate {
  const latest = more.reduce(younger, first);
  if (!latest.cause) return latest;
  return [first, ...more]
    .filter(({ cause }) => cause === latest.cause)
    .reduce((best, told) => {
      const ahead = rankOf(told) - rankOf(best);
      return ahead === 0 ? younger(best, told) : ahead > 0 ? told : best;
    });
}

/** Told by Mailgun of a mail that it had been given. */
export function isOfMailgun(told: Outcome): boolean {
  return rankOf(told) > OF_MAILER;
}

function rankOf({ outcome, severity, recipient }: Outcome): number {
  if (outcome !== "failed") return RANKS.get(outcome) ?? ARRIVED;
  if (severity === "temporary") return DELAYED;
  // The mailer gave the change up, before there was anybody; it may be tried again.
  return recipient === null ? OF_MAILER : ARRIVED;
}

function younger(one: EmailUpdate, other: EmailUpdate): EmailUpdate {
  return moment(other) >= moment(one) ? other : one;
}

function moment({ timestamp }: EmailUpdate): number {
  return microseconds(timestamp) ?? 0;
}
