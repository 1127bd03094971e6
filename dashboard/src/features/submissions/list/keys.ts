/** What keys do on the page of the list. */

export type Command =
  | { do: "move"; by: number }
  | { do: "open" }
  | { do: "search" }
  | { do: "help" }
  | { do: "undo" }
  | { do: "status"; status: string };

interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** Where the focus is: in the grid, at a control that takes keys itself, or nowhere. */
export type Place = "grid" | "control" | "page";

export const STATUS_KEYS: Record<string, string> = {
  a: "approved",
  r: "rejected",
  i: "in-review",
  p: "pending",
};

const MOVES: Record<string, number> = {
  j: 1,
  ArrowDown: 1,
  k: -1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: -Infinity,
  End: Infinity,
};

/** Only in the grid a letter changes a row: nobody does so unawares. */
export function commandOf(pressed: Pressed, place: Place): Command | null {
  const { key } = pressed;
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || place === "control")
    return null;
  if (key === "/") return { do: "search" };
  if (key === "?") return { do: "help" };
  if (key === "j" || key === "k") return { do: "move", by: key === "j" ? 1 : -1 };
  if (place !== "grid") return null;
  if (key === "Enter") return { do: "open" };
  if (key === "u") return { do: "undo" };
  const by = Object.hasOwn(MOVES, key) ? MOVES[key] : undefined;
  if (by !== undefined) return { do: "move", by };
  const status = Object.hasOwn(STATUS_KEYS, key) ? STATUS_KEYS[key] : undefined;
  return status === undefined ? null : { do: "status", status };
}

export function placeOf(target: EventTarget | null): Place {
  if (!(target instanceof Element)) return "page";
  if (target.matches("[role=grid]")) return "grid";
  const takesKeys =
    "input, select, textarea, button, a, [role=dialog] *, [contenteditable]";
  return target.matches(takesKeys) ? "control" : "page";
}
