/** A WebSocket without a network: the test is the other side. */

import { vi } from "vitest";
import { createClient } from "@/realtime/client";
import type { ClientOptions, Message, Row } from "@/realtime/types";

export class MemorySocket {
  readyState = 0;
  readonly sent: Row[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  /** The other side, where it answers by itself. */
  answer: (message: Row) => void = () => undefined;

  constructor(readonly url: string) {}

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  send(text: string): void {
    const message = JSON.parse(text) as Row;
    this.sent.push(message);
    this.answer(message);
  }

  close(): void {
    this.readyState = 3;
  }

  say(message: Row | string): void {
    const data = typeof message === "string" ? message : JSON.stringify(message);
    this.onmessage?.({ data });
  }

  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  welcome(changes: Row = {}): void {
    this.say({
      type: "welcome",
      connection_id: "c1",
      room: "admin",
      recovered: true,
      last_event_id: null,
      ping_interval: 25,
      token_expires_in: 3_600,
      ...changes,
    });
  }
}

/** A client whose sockets are in `sockets`, whose messages in `told`. Random is one half. */
export function setUp(options: Partial<ClientOptions> = {}) {
  const sockets: MemorySocket[] = [];
  const Opened = class extends MemorySocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  };
  const getToken = vi.fn(() => Promise.resolve<string | null>("t.t.t"));
  const client = createClient({
    url: "wss://host/ws/admin",
    getToken,
    random: () => 0.5,
    WebSocket: Opened as unknown as typeof WebSocket,
    ...options,
  });
  const told: Message[] = [];
  client.subscribe((message) => told.push(message));
  const socket = (): MemorySocket => {
    const newest = sockets.at(-1);
    if (!newest) throw new Error("no socket was opened");
    return newest;
  };
  /** Let the next socket open, and welcome it. */
  const join = async (welcome: Row = {}): Promise<MemorySocket> => {
    await settle();
    socket().open();
    socket().welcome(welcome);
    await settle();
    return socket();
  };
  return { client, told, sockets, socket, join, getToken };
}

/** What has been promised happens, and no time passes. */
export const settle = () => vi.advanceTimersByTimeAsync(0);

export function change(id: string, data: Row = {}): Row {
  const timestamp = "2026-11-23T12:00:00.000+00:00";
  return {
    type: "submission_update",
    id,
    timestamp,
    data: {
      event: "UPDATE",
      submission_id: "s-1",
      title: "T",
      artist_id: "a-1",
      updated_fields: ["status"],
      new_data: { status: "approved", rating: 9, feedback: null },
      old_data: { status: "pending" },
      version: null,
      timestamp,
      ...data,
    },
  };
}

/** The ids of what was told; a snapshot is itself. */
export const ids = (told: Message[]): string[] =>
  told.map((message) => ("id" in message ? message.id : message.type));
