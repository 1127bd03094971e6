import { describe, expect, test } from "vitest";
import { changePoints, connectionPoints, mailBars, statusBars } from "./points";
import { DAY, HOUR, spanOf, statsPath } from "./stats";
import { duration, named, peakInWords, pointsInWords, timesInWords } from "./words";

const at = (time: string): number => Date.parse(`2026-11-23T${time}:00Z`);

test.each([
  [null, "–"],
  [Number.NaN, "–"],
  [0.4, "< 1 sec"],
  [1, "1 sec"],
  [61.5, "1 min 2 sec"],
  [60, "1 min"],
  [3_599.7, "1 hr"],
  [7_500, "2 hr 5 min"],
  [90_061, "1 day 1 hr"],
  [864_000, "10 days"],
])("%s seconds are %s", (seconds, expected) => {
  expect(duration(seconds, "en")).toBe(expected);
});

test("durations are in the viewer's language", () => {
  expect(duration(7_500, "de")).toBe("2 Std. 5 Min.");
});

test.each([
  [0, null, "None in this time."],
  [1, 61.5, "Nine of ten within 1 min 2 sec; of 1 submission."],
  [1_200, 5, "Nine of ten within 5 sec; of 1,200 submissions."],
])("times of %s are told", (count, seconds, expected) => {
  const times = { count, median_seconds: seconds, p90_seconds: seconds };
  expect(timesInWords(times, "en")).toBe(expected);
});

describe("a chart in words", () => {
  test.each([
    [[], "No changes in the last hour."],
    [[0, 0], "No changes in the last hour."],
    [[1], /^1 change in the last hour, most \(1\) at .+\.$/],
    [[2, 40], /^42 changes in the last hour, most \(40\) at .+\.$/],
  ])("%j", (values, expected) => {
    const points = values.map((value, place) => ({ at: at("12:00") + place, value }));
    expect(pointsInWords(points, HOUR, "en")).toMatch(expected);
  });

  test.each([
    [[], 1, "The count begins with the next minute."],
    [[3, 5, 4], 1, "At most 5 at once in the last 24 hours."],
    [[0], 1, "At most 1 at once in the last 24 hours."],
  ])("the peak of %j and %j now", (values, now, expected) => {
    const points = values.map((value, place) => ({ at: place, value }));
    expect(peakInWords(points, now, DAY, "en")).toBe(expected);
  });
});

describe("points", () => {
  const minutes = ["11:59", "12:00", "12:14", "12:15"];

  test("are the minutes of an hour", () => {
    const counted = minutes.map((time) => ({ minute: `2026-11-23T${time}Z`, changes: 1 }));
    expect(changePoints(counted, HOUR).map((point) => point.at)).toEqual(minutes.map(at));
  });

  test("are the quarters of a day", () => {
    const counted = minutes.map((time) => ({ minute: `2026-11-23T${time}Z`, changes: 1 }));
    expect(changePoints(counted, DAY)).toEqual([
      { at: at("11:45"), value: 1 },
      { at: at("12:00"), value: 2 },
      { at: at("12:15"), value: 1 },
    ]);
  });

  test("of connections are the most of a quarter", () => {
    const over_time = [3, 9, 2].map((connections, place) => ({
      minute: `2026-11-23T12:0${place}Z`,
      connections,
    }));
    const points = connectionPoints({ now: {}, over_time }, DAY);
    expect(points).toEqual([{ at: at("12:00"), value: 9 }]);
  });
});

test("every known status has its bar, and others follow", () => {
  const bars = statusBars({ approved: 2, "on-hold": 1 });
  expect(bars.map(({ name, value }) => [name, value])).toEqual([
    ["pending", 0],
    ["in-review", 0],
    ["approved", 2],
    ["rejected", 0],
    ["on-hold", 1],
  ]);
});

test("openings are shown only where there are any", () => {
  const names = mailBars({ opened: 0, clicked: 2 }).map(({ name }) => name);
  expect(names).toContain("clicked");
  expect(names).not.toContain("opened");
});

test.each([
  ["in-review", "In review"],
  ["on_hold", "On hold"],
  ["ärgerlich", "Ärgerlich"],
  ["", ""],
])("%j is shown as %j", (name, expected) => {
  expect(named(name)).toBe(expected);
});

test.each([
  ["day", "/api/stats?minutes=1440"],
  ["hour", "/api/stats?minutes=60"],
  ["<script>", "/api/stats?minutes=60"],
  [null, "/api/stats?minutes=60"],
])("the span %j asks for %s", (name, path) => {
  expect(statsPath(spanOf(name))).toBe(path);
});
