// @vitest-environment node
import { describe, expect, it } from "vitest";
import { change } from "../../tests/memorySocket";
import type { Row, SubmissionUpdate } from "./types";
import { isOlder, microseconds, newest, versionOf } from "./versions";

const version = (data: Row) => versionOf(change("e", data).data as SubmissionUpdate);
const at = (text: string) => version({ version: text });

describe("a timestamp", () => {
  const noon = Date.UTC(2026, 10, 23, 12) * 1_000;

  it.each([
    ["2026-11-23T12:00:00+00:00", noon],
    ["2026-11-23 12:00:00+00", noon],
    ["2026-11-23T12:00:00Z", noon],
    ["2026-11-23T12:00:00", noon],
    ["2026-11-23T12:00", noon],
    ["2026-11-23", noon - 43_200_000_000],
    ["2026-11-23T14:00:00+02:00", noon],
    ["2026-11-23T06:30:00-0530", noon],
    ["2026-11-23T12:19:32+00:19:32", noon],
    ["2026-11-23T12:00:00.1+00:00", noon + 100_000],
    ["2026-11-23T12:00:00.000001+00:00", noon + 1],
    ["2026-11-23T12:00:00.0000019+00:00", noon + 1],
    ["1969-12-31T23:59:59.999999Z", -1],
  ])("%s is read to the microsecond", (text, expected) => {
    expect(microseconds(text)).toBe(expected);
  });

  it.each(["", "noon", "2026-13-23T12:00:00Z", "2026-11-23T25:00:00Z", "17", null, 17])(
    "%s is none",
    (text) => {
      expect(microseconds(text)).toBeNull();
    },
  );
});

describe("a version", () => {
  it.each([
    ["9007199254740993", "9007199254740992", false],
    ["9007199254740992", "9007199254740993", true],
    ["10", "9", false],
    ["9", "10", true],
    ["7", "7", false],
    ["2026-11-23T12:00:00.000001+00:00", "2026-11-23T12:00:00.000002+00:00", true],
    ["2026-11-23T14:00:00+02:00", "2026-11-23T12:00:00+00:00", false],
    ["2026-11-23T11:00:00+02:00", "2026-11-23T10:00:00+00:00", true],
    ["nonsense", "2026-11-23T12:00:00+00:00", false],
    ["1".repeat(40), "2", false],
  ])("%s compared with %s is older: %s", (mine, theirs, older) => {
    expect(isOlder(at(mine), at(theirs))).toBe(older);
  });

  it("is compared by the row's time where only one side has a sequence", () => {
    const early = "2026-11-23T11:00:00+00:00";
    const late = "2026-11-23T12:00:00+00:00";
    const both = version({ version: "5", new_data: { updated_at: late } });

    expect(isOlder(at(early), both)).toBe(true);
    expect(isOlder(both, at(early))).toBe(false);
  });

  it("of a deletion is that of the state it ended, and the later one", () => {
    const deleted = version({ event: "DELETE", version: "5" });

    expect(isOlder(at("5"), deleted)).toBe(true);
    expect(isOlder(deleted, at("5"))).toBe(false);
    expect(isOlder(at("6"), deleted)).toBe(false);
  });

  it("is kept where the newer state has none", () => {
    const known = newest(at("none"), at("5"));

    expect(isOlder(at("4"), known)).toBe(true);
  });
});
