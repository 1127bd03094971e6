/** The messages of a socket (docs/protocol.md): what is heard is not trusted. */

import type { Filter, Message } from "./types.js";

export interface Welcome {
  type: "welcome";
  room: string;
  /** False: what was missed is not told; fetch a snapshot. */
  recovered: boolean;
  last_event_id: string | null;
  /** In seconds, as is what follows. */
  ping_interval: number;
  token_expires_in: number;
}

/** What has an id, and is told once. */
export type Update = Extract<Message, { id: string }>;
export type ServerMessage = Update | Extract<Message, { type: "error" }> | Welcome | Pong;

interface Pong {
  type: "pong";
}

type Fields = Record<string, unknown>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isTextOrNull: Check = (value) => value === null || typeof value === "string";
const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);

const SUBMISSION: Record<string, Check> = {
  event: (value) => value === "INSERT" || value === "UPDATE" || value === "DELETE",
  submission_id: isText,
  title: isTextOrNull,
  artist_id: isTextOrNull,
  updated_fields: isTexts,
  new_data: isObject,
  old_data: isObject,
  version: isTextOrNull,
  timestamp: isText,
};
const EMAIL: Record<string, Check> = {
  submission_id: isText,
  outcome: isText,
  recipient: isTextOrNull,
  reason: isTextOrNull,
  timestamp: isText,
};
const update = (data: Record<string, Check>): Record<string, Check> => ({
  id: (value) => isText(value) && value !== "",
  data: (value) => isObject(value) && fits(value, data),
  timestamp: isText,
});

/** A map, for a type may have the name of what every object inherits. */
const KINDS = new Map<unknown, Record<string, Check>>([
  ["submission_update", update(SUBMISSION)],
  ["email_update", update(EMAIL)],
  ["error", { code: isText, message: isText }],
  ["pong", {}],
  [
    "welcome",
    {
      room: isText,
      recovered: (value) => typeof value === "boolean",
      last_event_id: isTextOrNull,
      ping_interval: isNumber,
      token_expires_in: isNumber,
    },
  ],
]);

/** The message that a frame holds; null where it is none that we know. Never throws. */
export function decode(frame: unknown): ServerMessage | null {
  const message = parse(frame);
  if (!isObject(message)) return null;
  const kind = KINDS.get(message.type);
  if (kind === undefined || !fits(message, kind)) return null;
  // `data` has the mark too, for handlers that are given that alone.
  if (message.stale === true && isObject(message.data)) message.data.stale = true;
  return message as unknown as ServerMessage;
}

/** Who we are, and from where on we want to hear what. */
export function auth(
  token: string,
  since: string | null,
  filter: Filter | undefined,
  maxRate: number | undefined,
): Fields {
  return {
    type: "auth",
    token,
    ...(since !== null && { since }),
    ...(filter !== undefined && { filter }),
    ...(maxRate !== undefined && { max_rate: maxRate }),
  };
}

function fits(fields: Fields, checks: Record<string, Check>): boolean {
  return Object.keys(checks).every((name) => checks[name]?.(fields[name]));
}

function parse(frame: unknown): unknown {
  try {
    return typeof frame === "string" ? JSON.parse(frame) : null;
  } catch {
    return null;
  }
}
