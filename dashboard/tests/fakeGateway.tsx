/** A gateway in memory, and a page in front of it: its API by `fetch`, its rooms by sockets. */

import { QueryClient } from "@tanstack/react-query";
import { act, configure, render } from "@testing-library/react";
import axe from "axe-core";
import { useState, type ReactNode } from "react";
import { MemoryRouter } from "react-router";
import { expect, vi } from "vitest";
import { AppProvider, type App } from "@/app/context";
import { HeaderSlotContext } from "@/app/HeaderSlot";
import type { SessionState } from "@/app/session";
import { createToasts } from "@/app/toasts";
import { Announcer } from "@/components/Announcer";

// Many tests may share a slow machine.
configure({ asyncUtilTimeout: 5_000 });
vi.setConfig({ testTimeout: 30_000 });

export const ADMIN: SessionState = {
  status: "in",
  userId: "u-admin",
  email: "admin@example.com",
  isAdmin: true,
  artistId: "u-admin",
};
export const ARTIST: SessionState = {
  ...ADMIN,
  userId: "u-artist",
  email: "artist@example.com",
  isAdmin: false,
  artistId: "a-1",
};

/** A body, or a status that is an answer of its own; or either of them later. */
export type Answers = (path: string) => unknown;

export class FakeGateway {
  readonly asked: string[] = [];
  readonly rooms: string[] = [];
  #sockets: FakeSocket[] = [];
  #isDown = false;

  constructor(public answers: Answers) {
    vi.stubGlobal("fetch", (input: string) => this.#answer(input));
    const open = (url: string): FakeSocket => this.#open(url);
    vi.stubGlobal("WebSocket", function (url: string) {
      return open(url);
    });
  }

  /** Tell every room. */
  tell(message: Record<string, unknown>): void {
    act(() => this.#sockets.forEach((socket) => socket.hear(message)));
  }

  /** How many are connected now. */
  get connected(): number {
    return this.#sockets.filter((socket) => socket.isWelcome && socket.readyState === 1)
      .length;
  }

  /** Cut every connection, and let none through from now on. */
  goDown(): void {
    this.#isDown = true;
    act(() => this.#sockets.forEach((socket) => socket.end(4202)));
  }

  #open(url: string): FakeSocket {
    const socket = new FakeSocket(this.#isDown);
    this.rooms.push(new URL(url).pathname);
    this.#sockets.push(socket);
    return socket;
  }

  async #answer(input: string): Promise<Response> {
    const url = new URL(input);
    const path = url.pathname + url.search;
    this.asked.push(path);
    const body = await this.answers(path);
    return typeof body === "number"
      ? Response.json({ detail: "The change log is away." }, { status: body })
      : Response.json(body);
  }
}

class FakeSocket {
  readyState = 1;
  isWelcome = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(isDown: boolean) {
    queueMicrotask(() => (isDown ? this.end(1006) : this.onopen?.()));
  }

  send(text: string): void {
    const { type, since } = JSON.parse(text) as { type: string; since?: string };
    if (type !== "auth") return;
    this.isWelcome = true;
    this.hear({
      type: "welcome",
      connection_id: "c",
      room: "r",
      recovered: since !== undefined,
      last_event_id: since ?? null,
      ping_interval: 25,
      token_expires_in: 3600,
    });
  }

  close(): void {
    this.readyState = 3;
  }

  hear(message: Record<string, unknown>): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(message) });
  }

  end(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }
}

let people = 0;

/** Sockets outlive their page for a moment: each page is of somebody else. */
export function renderPage(page: ReactNode, session: SessionState, address = "/") {
  const person = { ...session, userId: `${session.userId ?? ""}-${(people += 1)}` };
  const config = { backendUrl: "http://edge.test", supabaseUrl: "", supabaseAnonKey: "" };
  const app = {
    config: { ...config, bucket: "submissions" },
    session: {
      subscribe: () => () => undefined,
      getSnapshot: () => person,
      getToken: () => Promise.resolve("t.t.t"),
    },
    toasts: createToasts(),
  } as unknown as App;
  const queries = new QueryClient({ defaultOptions: { queries: { retryDelay: 1 } } });
  return render(
    <MemoryRouter initialEntries={[address]}>
      <AppProvider app={app} queries={queries}>
        <Announcer>
          <Frame>{page}</Frame>
        </Announcer>
      </AppProvider>
    </MemoryRouter>,
  );
}

function Frame({ children }: { children: ReactNode }) {
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  return (
    <>
      <header ref={setSlot} />
      <main>
        <HeaderSlotContext value={slot}>{children}</HeaderSlotContext>
      </main>
    </>
  );
}

/** Colours are left out: there is no layout here to see them by. */
export async function expectAccessible(element: HTMLElement): Promise<void> {
  const rules = { "color-contrast": { enabled: false }, region: { enabled: false } };
  const { violations } = await axe.run(element, { rules });
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
}
