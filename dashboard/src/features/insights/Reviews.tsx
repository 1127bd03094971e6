/** How long submissions wait: for a first review, and for a decision. */

import type { Times } from "./stats";
import { count, duration, timesInWords } from "./words";

interface ReviewsProps {
  toReview: Times;
  toDecision: Times;
}

export function Reviews({ toReview, toDecision }: ReviewsProps) {
  return (
    <table className="w-full text-sm">
      <caption className="sr-only">Times from the submission on</caption>
      <thead>
        <tr className="text-left text-xs text-muted">
          <th scope="col" className="pb-2 font-normal">
            From submission
          </th>
          {["Median", "9 of 10", "Count"].map((name) => (
            <th key={name} scope="col" className="pb-2 pl-3 text-right font-normal">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <Row name="To first review" times={toReview} />
        <Row name="To decision" times={toDecision} />
      </tbody>
    </table>
  );
}

function Row({ name, times }: { name: string; times: Times }) {
  const { median_seconds, p90_seconds } = times;
  return (
    <tr className="border-t border-line" title={timesInWords(times)}>
      <th scope="row" className="py-2.5 text-left font-normal">
        {name}
      </th>
      <td className="py-2.5 pl-3 text-right text-base font-semibold tabular-nums">
        {duration(median_seconds)}
      </td>
      <td className="py-2.5 pl-3 text-right tabular-nums">{duration(p90_seconds)}</td>
      <td className="py-2.5 pl-3 text-right text-muted tabular-nums">
        {count(times.count)}
      </td>
    </tr>
  );
}
