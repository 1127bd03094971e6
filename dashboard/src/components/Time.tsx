/** A moment in relation to now, with date and time as its title. */

import { useNow } from "@/lib/hooks/useNow";
import { absolute, dateOf, relative } from "@/lib/time";
import type { Moment } from "@/lib/time";

/** How often it is told anew, in milliseconds. */
const STEP = 30_000;

interface TimeProps {
  /** A moment; what is none is shown as a dash. */
  value: Moment | null | undefined;
  className?: string;
}

export function Time({ value, className }: TimeProps) {
  const now = useNow(STEP);
  const date = dateOf(value);
  if (date === null) return <span className={className}>–</span>;
  return (
    <time dateTime={date.toISOString()} title={absolute(date)} className={className}>
      {relative(date, Math.max(now, Math.min(date.getTime(), now + STEP)))}
    </time>
  );
}
