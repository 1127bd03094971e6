/** Whether what is on the screen is live, since when not, and when it is tried again. */

import { useNow } from "@/lib/hooks/useNow";
import { useOnline } from "@/lib/hooks/useOnline";
import { clock } from "@/lib/time";
import type { ConnectionState } from "@/realtime/types";
import { Button } from "./Button";

interface Badge {
  light: "🟢" | "🟡" | "🔴";
  word: "Live Updates" | "Connecting" | "Reconnecting" | "Offline";
  canRetry: boolean;
}

export function badgeOf({ status }: ConnectionState, isOnline: boolean): Badge {
  if (status === "live") return { light: "🟢", word: "Live Updates", canRetry: false };
  if (status === "idle") return { light: "🔴", word: "Offline", canRetry: false };
  // Not by itself: the server said so. Whoever is let in again need not reload the page.
  if (status === "closed") return { light: "🔴", word: "Offline", canRetry: true };
  if (!isOnline) return { light: "🔴", word: "Offline", canRetry: true };
  if (status === "connecting") return { light: "🟡", word: "Connecting", canRetry: false };
  return { light: "🟡", word: "Reconnecting", canRetry: true };
}

/** "since 12:04:10, next try in 5 s"; empty while it is live or connects. */
export function detailOf(state: ConnectionState, now: number): string {
  if (state.status === "live" || state.status === "connecting") return "";
  if (state.status === "closed" && state.reason) return state.reason.reason;
  const since = state.since > 0 ? `since ${clock(new Date(state.since))}` : "";
  const left = state.nextTryAt === null ? 0 : Math.ceil((state.nextTryAt - now) / 1_000);
  return [since, left > 0 ? `next try in ${left} s` : ""].filter(Boolean).join(", ");
}

interface ConnectionBadgeProps {
  connection: ConnectionState;
  onRetry?: () => void;
}

export function ConnectionBadge({ connection, onRetry }: ConnectionBadgeProps) {
  const now = useNow(1_000);
  const isOnline = useOnline();
  const { light, word, canRetry } = badgeOf(connection, isOnline);
  const detail = detailOf(connection, now);
  return (
    <span className="flex items-center gap-2 text-[0.8125rem]" title={detail || undefined}>
      <span
        role="status"
        className="flex items-center gap-1.5 font-medium whitespace-nowrap"
      >
        <span aria-hidden="true" className="text-[0.625rem]">
          {light}
        </span>{" "}
        {word}
      </span>
      {/* Outside of the status: a countdown would be read out every second. */}
      {detail && <span className="hidden text-muted tabular-nums lg:inline">{detail}</span>}
      {canRetry && onRetry && (
        <Button variant="quiet" size="small" onClick={onRetry}>
          Try now
        </Button>
      )}
    </span>
  );
}
