import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { change, settle, setUp, type MemorySocket } from "../../tests/memorySocket";
import type { Snapshot } from "./types";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Numbers from a seed (mulberry32), so that a failure can be seen again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const CODES = [1000, 1001, 1006, 1011, 1012, 4100, 4101, 4200, 4201, 4202, 4299];
const event = (n: number) =>
  change(`e${n}`, { submission_id: `s-${n % 7}`, version: `${n}` });
const place = (id: string) => Number(id.slice(1));

/** Events are numbered from 1; those up to `pruned` are in no history any more. */
class Gateway {
  events = 0;
  pruned = 0;
  /** What each joined socket has been sent, and from where on it may be told again. */
  readonly #sent = new Map<MemorySocket, { upTo: number; from: number }>();

  constructor(
    readonly random: () => number,
    readonly prunes: boolean,
  ) {}

  join(socket: MemorySocket): void {
    socket.open();
    const since = socket.sent[0]?.since as string | undefined;
    const recovered = since !== undefined && place(since) >= this.pruned;
    const from = recovered ? place(since) : this.events;
    socket.welcome({ recovered, last_event_id: from === 0 ? null : `e${from}` });
    this.#sent.set(socket, { upTo: from, from: this.prunes ? from : 0 });
  }

  /** Send some of what is missing, and now and then what was sent before. */
  flow(socket: MemorySocket): void {
    const sent = this.#sent.get(socket);
    if (sent === undefined || socket.readyState !== 1) return;
    const upTo = sent.upTo + Math.floor(this.random() * (this.events - sent.upTo + 1));
    for (let n = sent.upTo + 1; n <= upTo; n++) {
      socket.say(event(n));
      const again = sent.from + 1 + Math.floor(this.random() * (n - sent.from));
      if (this.random() < 0.3) socket.say(event(again));
    }
    sent.upTo = upTo;
  }

  reaches(socket: MemorySocket): boolean {
    return this.#sent.get(socket)?.upTo === this.events;
  }
}

async function run(seed: number, prunes: boolean) {
  const random = seeded(seed);
  const gateway = new Gateway(random, prunes);
  const loadSnapshot = async (): Promise<Snapshot> => {
    const asOf = gateway.events;
    await new Promise((resolve) => setTimeout(resolve, random() * 300));
    if (random() < 0.2) throw new Error("no answer");
    return { rows: [], asOf: asOf === 0 ? null : `e${asOf}` };
  };
  const all = setUp({
    random,
    getToken: () => (random() < 0.1 ? Promise.reject(new Error()) : Promise.resolve("t")),
    ...(prunes ? { loadSnapshot } : { since: "e0" }),
  });
  const { client, sockets } = all;
  client.connect();
  for (let step = 0; step < 300; step++) {
    const socket = sockets.at(-1);
    if (random() < 0.6) gateway.events += Math.floor(random() * 5);
    if (prunes && random() < 0.05) gateway.pruned = gateway.events;
    if (socket?.readyState === 0 && random() < 0.7) gateway.join(socket);
    else if (socket?.readyState === 1 && random() < 0.15)
      socket.end(CODES[Math.floor(random() * CODES.length)] ?? 1006);
    if (random() < 0.02) client.retryNow();
    if (random() < 0.01) client.close();
    client.connect();
    if (socket) gateway.flow(socket);
    await vi.advanceTimersByTimeAsync(random() * 1_000);
  }
  for (let tries = 0; tries < 200; tries++) {
    const socket = sockets.at(-1);
    if (socket?.readyState === 0) gateway.join(socket);
    if (socket) gateway.flow(socket);
    if (client.getState().status === "live" && socket && gateway.reaches(socket)) break;
    await vi.advanceTimersByTimeAsync(1_000);
  }
  await settle();
  client.close();
  return { ...all, gateway };
}

const SEEDS = Array.from({ length: 25 }, (_, seed) => seed + 1);

describe("through any losses, repetitions and ends", () => {
  it.each(SEEDS)("each event is told once and in order (seed %i)", async (seed) => {
    const { told, gateway, sockets } = await run(seed, false);

    const places = told.map((message) =>
      "id" in message ? place(message.id) : message.type,
    );
    expect(places).toEqual(Array.from({ length: gateway.events }, (_, n) => n + 1));
    expect(sockets.length).toBeGreaterThan(5);
  });

  it.each(SEEDS)("what is not told is in a snapshot (seed %i)", async (seed) => {
    const { told, gateway } = await run(seed, true);

    let reached = 0;
    const seen = new Set<number>();
    for (const message of told) {
      if (message.type === "snapshot") {
        reached = Math.max(reached, place(message.snapshot.asOf ?? "e0"));
      } else if ("id" in message) {
        const next = place(message.id);
        expect(seen).not.toContain(next);
        expect(next).toBeLessThanOrEqual(reached + 1);
        seen.add(next);
        reached = Math.max(reached, next);
      }
    }
    expect([...seen]).toEqual([...seen].sort((a, b) => a - b));
    expect(reached).toBe(gateway.events);
  });
});
