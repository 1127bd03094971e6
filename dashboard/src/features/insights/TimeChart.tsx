/** A time line drawn by Recharts for the eyes, and told as a table to everyone else. */

import {
  Area,
  AreaChart,
  Bar,
  BarChart,
  CartesianGrid,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import type { Point } from "./points";
import { clock, count } from "./words";

interface TimeChartProps {
  shape: "bars" | "area";
  points: readonly Point[];
  /** What is counted: "Changes". */
  of: string;
}

const TICK = { fill: "var(--muted)", fontSize: 12 };
const TIP = {
  background: "var(--raised)",
  border: "1px solid var(--line)",
  borderRadius: 8,
  color: "var(--ink)",
};
const SIZE = { width: 600, height: 220 };

export default function TimeChart({ shape, points, of }: TimeChartProps) {
  return (
    <>
      <div aria-hidden="true" className="h-[220px] w-full">
        <ResponsiveContainer initialDimension={SIZE}>
          {shape === "bars" ? (
            <BarChart data={points} accessibilityLayer={false} barCategoryGap="20%">
              {frame(of)}
              <Bar
                dataKey="value"
                name={of}
                fill="var(--accent)"
                radius={[3, 3, 0, 0]}
                {...STILL}
              />
            </BarChart>
          ) : (
            <AreaChart data={points} accessibilityLayer={false}>
              {frame(of)}
              <Area
                dataKey="value"
                name={of}
                type="stepAfter"
                stroke="var(--accent)"
                strokeWidth={2}
                fill="var(--accent)"
                fillOpacity={0.15}
                {...STILL}
              />
            </AreaChart>
          )}
        </ResponsiveContainer>
      </div>
      <PointsTable points={points} of={of} />
    </>
  );
}

/** Still: where it is drawn anew all the time, motion would only tire. */
const STILL = { isAnimationActive: false } as const;

const frame = (of: string) => (
  <>
    <CartesianGrid vertical={false} stroke="var(--line)" />
    <XAxis
      dataKey="at"
      tickFormatter={(at: number) => clock(at)}
      tick={TICK}
      tickLine={false}
      axisLine={{ stroke: "var(--line)" }}
      minTickGap={48}
    />
    <YAxis
      allowDecimals={false}
      width={36}
      tick={TICK}
      tickLine={false}
      axisLine={false}
      tickFormatter={(value: number) => count(value)}
    />
    <Tooltip
      cursor={{ fill: "var(--raised)", stroke: "var(--line)" }}
      contentStyle={TIP}
      itemStyle={{ color: "var(--ink)" }}
      isAnimationActive={false}
      labelFormatter={(at) => clock(Number(at))}
      formatter={(value) => [count(Number(value)), of]}
    />
  </>
);

/** Only the moments at which there was something: sixty rows of nothing tell nobody. */
function PointsTable({ points, of }: Pick<TimeChartProps, "points" | "of">) {
  return (
    // In a box: a table itself is never smaller than what is in it.
    <div className="sr-only">
      <table>
        <caption>{of} by time; times that are not named have none.</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">{of}</th>
          </tr>
        </thead>
        <tbody>
          {points
            .filter(({ value }) => value > 0)
            .map(({ at, value }) => (
              <tr key={at}>
                <th scope="row">{clock(at)}</th>
                <td>{count(value)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
