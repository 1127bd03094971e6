/** Why a socket was closed, and what its client does next (docs/protocol.md). */

export type Reconnect =
  | "never" // the server does not want us
  | "later" // after a delay: there is too much of us
  | "now" // nothing is wrong with us
  | "backoff"; // the connection or the server failed

/** The codes that the gateway sends; `reconnectOf` needs none of them. */
export const CLOSE_CODES = {
  4000: "bad message",
  4001: "token refused",
  4003: "not your room",
  4004: "no such room",
  4100: "too many connections",
  4101: "too many messages",
  4200: "token expired",
  4201: "too slow",
  4202: "server going away",
} as const;

const RANGES: Partial<Record<number, Reconnect>> = { 40: "never", 41: "later", 42: "now" };

/** By the code's range, so that codes of a later release are understood too. */
export function reconnectOf(code: number): Reconnect {
  return RANGES[Math.floor(code / 100)] ?? "backoff";
}
