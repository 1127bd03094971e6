import { expect, test } from "vitest";
import { commandOf, placeOf, type Command, type Place } from "./keys";

const pressed = (key: string, more = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});

test.each<[string, Place, Command | null]>([
  ["j", "grid", { do: "move", by: 1 }],
  ["k", "page", { do: "move", by: -1 }],
  ["ArrowDown", "grid", { do: "move", by: 1 }],
  ["ArrowDown", "page", null],
  ["End", "grid", { do: "move", by: Infinity }],
  ["Enter", "grid", { do: "open" }],
  ["Enter", "page", null],
  ["a", "grid", { do: "status", status: "approved" }],
  ["r", "grid", { do: "status", status: "rejected" }],
  ["i", "grid", { do: "status", status: "in-review" }],
  ["p", "grid", { do: "status", status: "pending" }],
  ["a", "page", null],
  ["u", "grid", { do: "undo" }],
  ["/", "page", { do: "search" }],
  ["?", "grid", { do: "help" }],
  ["/", "control", null],
  ["toString", "grid", null],
])("%s in the %s does %j", (key, place, command) => {
  expect(commandOf(pressed(key), place)).toEqual(command);
});

test.each(["ctrlKey", "metaKey", "altKey"])(
  "with %s the browser has the key",
  (modifier) => {
    expect(commandOf(pressed("a", { [modifier]: true }), "grid")).toBeNull();
  },
);

test("the place is told by where the focus is", () => {
  document.body.innerHTML =
    '<div role="grid"><button></button></div><div role="dialog"><p></p></div><textarea></textarea>';
  const place = (selector: string): Place => placeOf(document.querySelector(selector));
  expect(place("[role=grid]")).toBe("grid");
  expect(place("button")).toBe("control");
  expect(place("textarea")).toBe("control");
  expect(place("p")).toBe("control");
  expect(place("body")).toBe("page");
});
