/** The insights of a span of time, while they load, when they cannot be had, and live. */

import { ToggleGroup } from "radix-ui";
import { Button } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { Skeleton } from "@/components/Skeleton";
import { Figures } from "./Figures";
import { spanOf, SPANS, type Span } from "./stats";
import type { StatsView } from "./useStats";
import { clock } from "./words";

interface InsightsProps {
  view: StatsView;
  span: Span;
  onSpan: (span: Span) => void;
}

export function Insights({ view, span, onSpan }: InsightsProps) {
  const { stats, failure, fetchedAt, retry } = view;
  return (
    <div className="space-y-4">
      <SpanChoice span={span} onSpan={onSpan} />
      {stats && failure !== null && (
        <p role="status" className="rounded-lg border border-warn bg-card p-3 text-sm">
          These figures are as of {clock(fetchedAt)}: newer ones cannot be had. {failure}{" "}
          <Button onClick={retry}>Try again</Button>
        </p>
      )}
      {stats && <Figures stats={stats} span={span} />}
      {!stats && failure === null && <Loading />}
      {!stats && failure !== null && (
        <div role="alert">
          <EmptyState
            title="The figures cannot be shown"
            action={<Button onClick={retry}>Try again</Button>}
          >
            {failure}
          </EmptyState>
        </div>
      )}
    </div>
  );
}

function SpanChoice({ span, onSpan }: Pick<InsightsProps, "span" | "onSpan">) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label="Time span"
      value={span.name}
      // Empty where the chosen one is pressed again: it stays chosen.
      onValueChange={(name) => name && onSpan(spanOf(name))}
      className="inline-flex rounded-lg border border-line bg-raised p-1"
    >
      {SPANS.map(({ name, label }) => (
        <ToggleGroup.Item
          key={name}
          value={name}
          className="min-h-9 rounded-md px-3 text-sm text-muted data-[state=on]:bg-card data-[state=on]:font-medium data-[state=on]:text-ink data-[state=on]:shadow-sm"
        >
          {label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading the figures" className="space-y-4">
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        {["a", "b", "c", "d"].map((key) => (
          <Skeleton key={key} className="h-24 rounded-xl" />
        ))}
      </div>
      <div className="grid gap-4 lg:grid-cols-3">
        <Skeleton className="h-72 rounded-xl lg:col-span-2" />
        <Skeleton className="h-72 rounded-xl" />
      </div>
    </div>
  );
}
