// @vitest-environment node
import { describe, expect, it } from "vitest";
import vectors from "../../../tests/vectors/close_codes.json";
import { CLOSE_CODES, reconnectOf } from "./closeCodes";

describe("close codes", () => {
  it("are the gateway's, each with its reason", () => {
    const theirs = Object.fromEntries(vectors.map(({ code, reason }) => [code, reason]));

    expect(CLOSE_CODES).toEqual(theirs);
  });

  it.each(vectors)("$code asks to come back: $reconnect", ({ code, reconnect }) => {
    expect(reconnectOf(code)).toBe(reconnect);
  });

  it.each([
    [4099, "never"],
    [4199, "later"],
    [4299, "now"],
    [4300, "backoff"],
    [3999, "backoff"],
    [1000, "backoff"],
    [1001, "backoff"],
    [1006, "backoff"],
    [1011, "backoff"],
    [1012, "backoff"],
    [1013, "backoff"],
    [0, "backoff"],
    [Number.NaN, "backoff"],
  ])("%i is read by its range: %s", (code, reconnect) => {
    expect(reconnectOf(code)).toBe(reconnect);
  });
});
