/** One line of the time line: what, from what to what, who and when. */

import clsx from "clsx";
import { Icon } from "@/components/Icon";
import { lookOf } from "@/components/StatusBadge";
import { Time } from "@/components/Time";
import { fateOf, TONES } from "../fate";
import type { Change, ChangeItem, Item, MailItem } from "./history";
import { fieldName, headlineOf, linesOf, valueWords } from "./words";

const ICONS = { INSERT: "music", UPDATE: "list", DELETE: "cross" } as const;

export function TimelineItem({ item }: { item: Item }) {
  const tone = item.event === "email" ? fateOf(item).tone : "muted";
  const icon = item.event === "email" ? fateOf(item).icon : ICONS[item.event];
  return (
    <li className="grid grid-cols-[1.5rem_1fr] gap-2 text-sm">
      <Icon name={icon} className={clsx("mt-0.5 justify-self-center", TONES[tone])} />
      <div className="min-w-0 break-words">
        {item.event === "email" ? <Mail item={item} /> : <Changes item={item} />}
        <p className="text-xs text-muted">
          <Time value={item.time} />
          {item.actor && ` by ${item.actor}`}
          {item.event !== "email" && item.stale && " · arrived late"}
        </p>
      </div>
    </li>
  );
}

function Mail({ item }: { item: MailItem }) {
  const { words, tone } = fateOf(item);
  return (
    <p>
      <span className={clsx("font-medium", TONES[tone])}>{words}</span>
      {item.recipient && ` (${item.recipient})`}
      {item.reason && `: ${item.reason}`}
    </p>
  );
}

function Changes({ item }: { item: ChangeItem }) {
  const lines = linesOf(item);
  if (lines.length === 0) return <p className="font-medium">{headlineOf(item)}</p>;
  return (
    <ul>
      {lines.map((change) => (
        <li key={change.field}>
          <span className="font-medium">{fieldName(change.field)}</span> from{" "}
          <q>{shown(change, change.from)}</q> to <q>{shown(change, change.to)}</q>
        </li>
      ))}
    </ul>
  );
}

function shown({ field }: Change, value: unknown): string {
  return field === "status" && typeof value === "string"
    ? lookOf(value).word
    : valueWords(value);
}
