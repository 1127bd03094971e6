// @vitest-environment node
import { describe, expect, it } from "vitest";
import { AT_ONCE, BASE, CAP, delayOf, FLOOR, LATER } from "./backoff";

const most = () => 1;
const least = () => 0;

describe("the delay before the next try", () => {
  it.each([0, 1, 2, 3, 4])("is anything up to the double after %i failures", (failures) => {
    expect(delayOf("backoff", failures, least)).toBe(0);
    expect(delayOf("backoff", failures, most)).toBe(BASE * 2 ** failures);
  });

  it("is never longer than the cap, also after thousands of failures", () => {
    expect(delayOf("backoff", 5, most)).toBe(CAP);
    expect(delayOf("backoff", 5_000, most)).toBe(CAP);
  });

  it("is next to nothing where the server says at once", () => {
    expect(delayOf("now", 0, most)).toBe(AT_ONCE);
  });

  it("has a floor, and grows, where the server says at once again and again", () => {
    expect(delayOf("now", 1, least)).toBe(FLOOR);
    expect(delayOf("now", 20, most)).toBe(CAP);
  });

  it("is seconds where the server says later", () => {
    expect(delayOf("later", 0, least)).toBe(LATER);
    expect(delayOf("later", 20, most)).toBe(LATER + CAP);
  });

  it("never comes where the server says never", () => {
    expect(delayOf("never", 0, most)).toBeNull();
  });
});
