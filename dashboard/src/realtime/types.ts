/** What goes over a socket, and what is known of its connection (docs/protocol.md). */

export type Row = Record<string, unknown>;

export interface SubmissionUpdate {
  event: "INSERT" | "UPDATE" | "DELETE";
  submission_id: string;
  title: string | null;
  artist_id: string | null;
  updated_fields: string[];
  /** Status, rating, feedback and all that changed; the row on INSERT; empty on DELETE. */
  new_data: Row;
  /** The changed fields as they were. */
  old_data: Row;
  /** The row's version: never let an older one overwrite a newer. */
  version: string | null;
  timestamp: string;
  /** Older than what the room was told before: for a history, not for the screen. */
  stale?: boolean;
}

export interface EmailUpdate {
  submission_id: string;
  outcome: string;
  recipient: string | null;
  reason: string | null;
  /** The event id of the change that the mail is about; a gateway of old tells none. */
  cause?: string | null;
  severity?: "permanent" | "temporary";
  timestamp: string;
}

/** A page of rows that is right as of an event: what follows it comes by the socket. */
export interface Snapshot {
  rows: Row[];
  asOf: string | null;
  /** There are more rows than the loader wanted to have. */
  isCut?: boolean;
}

export type Message =
  | { type: "snapshot"; snapshot: Snapshot }
  /** What was missed cannot be told, and there is no `loadSnapshot`: fetch what you show. */
  | { type: "gap" }
  | { type: "submission_update"; id: string; data: SubmissionUpdate; timestamp: string }
  | { type: "email_update"; id: string; data: EmailUpdate; timestamp: string }
  | { type: "error"; code: string; message: string };

export type ConnectionStatus =
  | "idle" // not asked to connect, or closed by `close()`
  | "connecting" // the first attempt
  | "live" // joined: updates come as they happen
  | "reconnecting" // was live, or failed, and tries again
  | "closed"; // the server said never to come back: `reason` says why

export interface ConnectionState {
  status: ConnectionStatus;
  /** Since when the status holds, in milliseconds since 1970. */
  since: number;
  /** When the last message or pong came, in milliseconds since 1970; null: never. */
  heardAt: number | null;
  /** When it tries next, in milliseconds since 1970, while it waits for that. */
  nextTryAt: number | null;
  attempt: number;
  /** Why the last connection ended: a close code, or 0 where there was no connection. */
  reason: { code: number; reason: string } | null;
  lastEventId: string | null;
}

export interface Filter {
  artist_id?: string;
  status?: string;
  submission_id?: string;
}

export interface ClientOptions {
  /** `wss://host/ws/admin` or `wss://host/ws/artist/<id>`. */
  url: string;
  /**
   * Called before each (re)connection and before the token expires; null: signed out.
   * `refused` is a token that the gateway takes no longer, whatever the clock here says:
   * another one is wanted.
   */
  getToken: (refused?: string) => Promise<string | null>;
  /** Fetch the present state, where there is one to show; see `Snapshot`. */
  loadSnapshot?: (signal: AbortSignal) => Promise<Snapshot>;
  /** Where to go on from, and what was seen last. */
  since?: string | null;
  filter?: Filter;
  maxRate?: number;
  /** For Node before 22: `ws`. */
  WebSocket?: typeof WebSocket;
  now?: () => number;
  random?: () => number;
}

export interface Client {
  connect(): void;
  /** Leave for good; `connect` starts anew, from the last event. */
  close(): void;
  /** Messages in order, each event once. Returns how to stop. */
  subscribe(listener: (message: Message) => void): () => void;
  onState(listener: () => void): () => void;
  getState(): ConnectionState;
  /** False where there is no live connection. */
  send(message: Record<string, unknown>): boolean;
  setFilter(filter: Filter): void;
  /** Try at once where it waits (a button, a network that is back); else check the line. */
  retryNow(): void;
}
