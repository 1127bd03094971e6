/** Says how old what is shown is, where it is not live. */

import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { Time } from "@/components/Time";
import type { ConnectionState } from "@/realtime/types";
import type { SubmissionsState } from "../contract";

interface AgedProps {
  state: SubmissionsState;
  connection: ConnectionState;
  onRetry: () => void;
}

export function Aged({ state, connection, onRetry }: AgedProps) {
  const asOf = ageOf(state, connection);
  if (asOf === null) return null;
  return (
    <p
      role="status"
      className="flex items-center gap-2 rounded-lg border border-line bg-card px-3 py-2 text-sm"
    >
      <Icon name="clock" className="shrink-0 text-warn" />
      <span>
        Not live. Last up to date: <Time value={asOf} />
        {connection.status === "reconnecting" && "; it catches up by itself"}.
      </span>
      <Button size="small" className="ml-auto shrink-0" onClick={onRetry}>
        Try now
      </Button>
    </p>
  );
}

/** When what is shown was last known to be so; null while it is live, or there is nothing. */
export function ageOf(
  { asOf, entries }: Pick<SubmissionsState, "asOf" | "entries">,
  { status, heardAt }: Pick<ConnectionState, "status" | "heardAt">,
): number | null {
  if (status === "live" || status === "connecting" || asOf === null) return null;
  return entries.size === 0 ? null : Math.max(asOf, heardAt ?? 0);
}
