/** The numbers that are read at a glance, at the top of the page. */

import { total, type Point } from "./points";
import { connected, type Span, type Stats } from "./stats";
import { count, duration } from "./words";

interface TilesProps {
  stats: Stats;
  span: Span;
  changes: readonly Point[];
}

export function Tiles({ stats, span, changes }: TilesProps) {
  const { by_status, time_to_decision, connections } = stats;
  return (
    <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Tile label="Changes" value={count(total(changes))} hint={`in the ${span.words}`} />
      <Tile
        label="Waiting"
        value={count((by_status.pending ?? 0) + (by_status["in-review"] ?? 0))}
        hint="pending or in review"
      />
      <Tile
        label="Time to decision"
        value={duration(time_to_decision.median_seconds)}
        hint="median"
      />
      {connections && (
        <Tile
          label="Connected now"
          value={count(connected(connections))}
          hint="admins and artists"
        />
      )}
    </dl>
  );
}

interface TileProps {
  label: string;
  value: string;
  hint: string;
}

function Tile({ label, value, hint }: TileProps) {
  return (
    <div className="rounded-xl border border-line bg-card p-4">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="mt-1 text-2xl font-semibold tracking-tight tabular-nums">{value}</dd>
      <dd className="text-xs text-muted">{hint}</dd>
    </div>
  );
}
