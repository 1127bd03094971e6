/** A submission's status: a word and a drawing, and a colour besides. */

import clsx from "clsx";
import { Icon } from "./Icon";
import type { IconName } from "./Icon";

interface Look {
  word: string;
  icon: IconName;
  colour: string;
}

const LOOKS: Record<string, Look> = {
  pending: { word: "Pending", icon: "clock", colour: "text-muted" },
  "in-review": { word: "In review", icon: "eye", colour: "text-warn" },
  approved: { word: "Approved", icon: "check", colour: "text-good" },
  rejected: { word: "Rejected", icon: "cross", colour: "text-bad" },
};

/** A status that is not known is shown as it is. */
export function lookOf(status: string | null): Look {
  const known = status !== null && Object.hasOwn(LOOKS, status) ? LOOKS[status] : undefined;
  return known ?? { word: status || "No status", icon: "question", colour: "text-muted" };
}

interface StatusBadgeProps {
  status: string | null;
  className?: string;
}

export function StatusBadge({ status, className }: StatusBadgeProps) {
  const { word, icon, colour } = lookOf(status);
  return (
    <span
      className={clsx(
        "inline-flex max-w-full items-center gap-1 rounded-full border border-line bg-card",
        "py-0.5 pr-2 pl-1.5 text-xs font-medium",
        colour,
        className,
      )}
    >
      <Icon name={icon} className="size-3.5" />
      <span className="truncate">{word}</span>
    </span>
  );
}
