/** The page's cards, for the figures of a span. */

import { lazy, memo, type ComponentProps } from "react";
import { Part } from "@/app/Part";
import { fetched } from "@/app/parts";
import { Skeleton } from "@/components/Skeleton";
import { Bars } from "./Bars";
import { Card } from "./Card";
import { changePoints, connectionPoints, mailBars, statusBars, total } from "./points";
import { Reviews } from "./Reviews";
import { connected, type Connections, type Span, type Stats } from "./stats";
import { Tiles } from "./Tiles";
import { count, named, peakInWords, pointsInWords, timesInWords } from "./words";

/** The figures do not wait for what draws them. */
const TimeChart = lazy(() => fetched(() => import("./TimeChart")));

interface FiguresProps {
  stats: Stats;
  span: Span;
}

/** Drawn anew only for other figures: what is heard of the connection changes more often. */
export const Figures = memo(function Figures({ stats, span }: FiguresProps) {
  const changes = changePoints(stats.changes_per_minute, span);
  const statuses = statusBars(stats.by_status);
  const { time_to_first_review: toReview, time_to_decision: toDecision } = stats;
  return (
    <div className="space-y-4">
      <Tiles stats={stats} span={span} changes={changes} />
      <div className="grid gap-4 lg:grid-cols-3">
        <Card
          title={span.step === 1 ? "Changes per minute" : "Changes per quarter of an hour"}
          summary={pointsInWords(changes, span)}
          className="lg:col-span-2"
        >
          {total(changes) > 0 ? (
            <Chart shape="bars" points={changes} of="Changes" />
          ) : (
            <Nothing>They are drawn here as they happen.</Nothing>
          )}
        </Card>
        <Card
          title="Submissions by status"
          summary={`${count(total(statuses))} that have changed since the log begins.`}
        >
          <Bars rows={statuses} of="Status" caption="Submissions by status" />
        </Card>
        <Card title="Time to review" summary={timesInWords(toReview)}>
          <Reviews toReview={toReview} toDecision={toDecision} />
        </Card>
        {stats.mails && <Mails mails={stats.mails} span={span} />}
        {stats.connections && <Connected connections={stats.connections} span={span} />}
      </div>
    </div>
  );
});

const Mails = memo(function Mails({
  mails,
  span,
}: {
  mails: Record<string, number>;
  span: Span;
}) {
  const rows = mailBars(mails);
  const isQuiet = total(rows) === 0;
  const summary = isQuiet
    ? `No mails in the ${span.words}.`
    : `${count(mails.delivered ?? 0)} of ${count(mails.accepted ?? 0)} accepted were delivered in the ${span.words}.`;
  return (
    <Card title="What became of mails" summary={summary}>
      <Bars rows={rows} of="Outcome" caption="Mails by outcome" />
    </Card>
  );
});

const Connected = memo(function Connected({
  connections,
  span,
}: {
  connections: Connections;
  span: Span;
}) {
  const points = connectionPoints(connections, span);
  const summary = peakInWords(points, connected(connections), span);
  return (
    <Card title="Live connections" summary={summary}>
      <ul className="mb-3 flex flex-wrap gap-x-6 text-sm">
        {Object.entries(connections.now).map(([room, value]) => (
          <li key={room}>
            <span className="text-lg font-semibold tabular-nums">{count(value)}</span>{" "}
            <span className="text-muted">in {named(room).toLowerCase()} rooms now</span>
          </li>
        ))}
      </ul>
      {points.length > 0 && <Chart shape="area" points={points} of="Connections" />}
    </Card>
  );
});

function Chart(props: ComponentProps<typeof TimeChart>) {
  return (
    <Part waiting={<Skeleton className="h-[220px]" />}>
      <TimeChart {...props} />
    </Part>
  );
}

function Nothing({ children }: { children: string }) {
  return (
    <p className="grid h-[220px] place-items-center rounded-lg bg-raised p-4 text-center text-sm text-muted">
      {children}
    </p>
  );
}
