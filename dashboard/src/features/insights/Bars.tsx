/** A table whose numbers are drawn as bars too: a word, a bar, a number. */

import clsx from "clsx";
import type { BarRow, Tone } from "./points";
import { count, named } from "./words";

const FILLS: Record<Tone, string> = {
  good: "bg-good",
  warn: "bg-warn",
  bad: "bg-bad",
  accent: "bg-accent",
  muted: "bg-muted",
};

interface BarsProps {
  rows: readonly BarRow[];
  /** What the rows are: "Status". */
  of: string;
  caption: string;
}

export function Bars({ rows, of, caption }: BarsProps) {
  const most = Math.max(1, ...rows.map(({ value }) => value));
  return (
    <table className="w-full text-sm">
      <caption className="sr-only">{caption}</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">{of}</th>
          <th scope="col">Number</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, value, tone }) => (
          <tr key={name}>
            <th
              scope="row"
              className="w-px py-1.5 pr-3 text-left font-normal whitespace-nowrap"
            >
              {named(name)}
            </th>
            <td className="py-1.5">
              <span className="flex items-center gap-3">
                <span aria-hidden="true" className="h-2 flex-1 rounded-full bg-raised">
                  <span
                    className={clsx(
                      "block h-full rounded-full transition-[width] duration-300",
                      FILLS[tone],
                    )}
                    style={{ width: `${(value / most) * 100}%` }}
                  />
                </span>
                <span className="min-w-10 text-right font-medium tabular-nums">
                  {count(value)}
                </span>
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
