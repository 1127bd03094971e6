import { QueryClient } from "@tanstack/react-query";
import { act, render, screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { StrictMode } from "react";
import { MemoryRouter } from "react-router";
import { beforeEach, expect, test, vi } from "vitest";
import { AppProvider, type App } from "@/app/context";
import { HeaderSlotContext } from "@/app/HeaderSlot";
import { createToasts } from "@/app/toasts";
import { insertOf, rowOf, updateOf } from "@/features/submissions/fakes";
import type {
  Client,
  ClientOptions,
  ConnectionState,
  Message,
  SubmissionUpdate,
} from "@/realtime/types";
import { MAX_ROWS } from "@/features/submissions/load";
import { SNAPSHOT_DEADLINE } from "@/lib/hooks/reader";
import AdminPage from "./AdminPage";

const STATE: ConnectionState = {
  status: "live",
  since: 0,
  heardAt: null,
  nextTryAt: null,
  attempt: 0,
  reason: null,
  lastEventId: null,
};

const { clients } = vi.hoisted(() => ({ clients: [] as FakeClient[] }));
vi.mock("@/realtime/client", () => ({
  createClient: (options: ClientOptions) => new FakeClient(options),
}));

/** A client whose server is the test: it is live from the start. */
class FakeClient implements Client {
  private readonly listeners = new Set<(message: Message) => void>();
  private readonly stateListeners = new Set<() => void>();
  private state = STATE;
  readonly retryNow = vi.fn();

  constructor(readonly options: ClientOptions) {
    clients.push(this);
  }

  connect = (): void => undefined;
  close = (): void => undefined;
  send = (): boolean => false;
  setFilter = (): void => undefined;
  getState = (): ConnectionState => this.state;

  subscribe = (listener: (message: Message) => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  onState = (listener: () => void): (() => void) => {
    this.stateListeners.add(listener);
    return () => void this.stateListeners.delete(listener);
  };

  tell(message: Message): void {
    for (const listener of [...this.listeners]) listener(message);
  }

  become(state: Partial<ConnectionState>): void {
    this.state = { ...this.state, ...state };
    for (const listener of [...this.stateListeners]) listener();
  }
}

beforeEach(() => {
  clients.length = 0;
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(1_280);
  HTMLElement.prototype.scrollTo = () => undefined;
  window.matchMedia = (media) =>
    ({
      media,
      matches: true,
      addEventListener: vi.fn(),
      removeEventListener: vi.fn(),
    }) as unknown as MediaQueryList;
});

interface Server {
  /** How the API answers. */
  answer?: () => Response | Promise<Response>;
  /** Why the table refuses an update; null: it does not. */
  refusal?: { code: string; message: string } | null;
}

const page = () =>
  Response.json({ as_of: "e1", next: null, items: [rowOf("a"), rowOf("b")] });

function show({ answer = page, refusal = null }: Server = {}) {
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.resolve(answer())),
  );
  const written = vi.fn<(values: unknown) => void>();
  const slot = document.body.appendChild(document.createElement("div"));
  const person = { ...SIGNED_IN, userId: `u-${(people += 1)}` };
  const session = {
    subscribe: () => () => undefined,
    getSnapshot: () => person,
    getToken: () => Promise.resolve("token"),
  };
  const toasts = createToasts();
  const app = {
    config: { backendUrl: "https://edge.test", bucket: "submissions" },
    supabase: tablesOf(written, refusal),
    session,
    toasts,
  } as unknown as App;
  render(
    <StrictMode>
      <AppProvider app={app} queries={new QueryClient()}>
        <HeaderSlotContext value={slot}>
          <MemoryRouter>
            <AdminPage />
          </MemoryRouter>
        </HeaderSlotContext>
      </AppProvider>
    </StrictMode>,
  );
  return { written, toasts };
}

const SIGNED_IN = { status: "in", email: null, isAdmin: true, artistId: null };
/** Sockets outlive their page for a moment: each page is of somebody else. */
let people = 0;

function tablesOf(written: (values: unknown) => void, error: Server["refusal"]) {
  const done = { single: () => Promise.resolve({ data: error ? null : {}, error }) };
  const selected = { ...done, abortSignal: () => done };
  return {
    from: () => ({
      select: () => ({
        in: () => Promise.resolve({ data: [{ id: "artist", name: "Ada Løve" }] }),
      }),
      update: (values: unknown) => {
        written(values);
        return { eq: () => ({ select: () => selected }) };
      },
    }),
  };
}

const client = (): FakeClient => {
  const [only, ...others] = clients;
  if (!only || others.length > 0) throw new Error(`${clients.length} clients`);
  return only;
};
const tell = (data: SubmissionUpdate, id = "e") =>
  act(() => client().tell({ type: "submission_update", id, data, timestamp: "" }));
const cellOf = async (title: string, text: string) =>
  within(await screen.findByRole("row", { name: new RegExp(title) })).findByText(text);

test("it loads the rows over one socket, with the artists' names, and shows what changes", async () => {
  show();
  await cellOf("Track a", "Ada Løve");
  expect(screen.getByText("Live Updates")).toBeVisible();
  expect(client().options.url).toBe("wss://edge.test/ws/admin");
  tell(updateOf("a", 1, { status: "approved" }));
  await cellOf("Track a", "Approved");
});

test("mails that went out before are shown with their rows", async () => {
  const mail = { submission_id: "a", recipient: null, reason: null, timestamp: "2026" };
  const items = [rowOf("a"), rowOf("b")];
  const mails = [{ ...mail, outcome: "delivered" }];
  show({ answer: () => Response.json({ as_of: "e1", next: null, items, mails }) });
  await cellOf("Track a", "Mail delivered");
  expect(screen.getAllByText(/^Mail/, { selector: ".sr-only" })).toHaveLength(1);
});

test("each update is a toast, and many are one", async () => {
  const { toasts } = show();
  await cellOf("Track a", "Pending");
  tell(updateOf("a", 1, { status: "approved" }));
  expect(toasts.getSnapshot()).toMatchObject([{ title: "Track a" }]);
  for (let version = 2; version < 40; version += 1)
    tell(insertOf(`n${version}`, version), `e${version}`);
  expect(toasts.getSnapshot()).toMatchObject([{ title: "39 changes of 39 submissions" }]);
});

test("what cannot be loaded can be tried again, and comes by itself", async () => {
  let isDown = true;
  show({ answer: () => (isDown ? new Response("{}", { status: 503 }) : page()) });
  const again = await screen.findByRole("button", { name: "Try again" });
  expect(screen.queryByText("Live Updates")).toBeNull();
  isDown = false;
  await userEvent.click(again);
  await cellOf("Track a", "Pending");
  expect(screen.getByText("Live Updates")).toBeVisible();
});

test("what takes too long has failed, and can be tried again", async () => {
  vi.useFakeTimers();
  show({ answer: () => new Promise(() => undefined) });
  await act(() => vi.advanceTimersByTimeAsync(0));
  expect(screen.getByText("Loading submissions")).toBeVisible();
  await act(() => vi.advanceTimersByTimeAsync(SNAPSHOT_DEADLINE));
  expect(screen.queryByText("Loading submissions")).toBeNull();
  expect(screen.getByText("The submissions could not be loaded")).toBeVisible();
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
  vi.useRealTimers();
});

test("more rows than the page can hold are said to be missing, with what to do", async () => {
  const items = Array.from({ length: 500 }, (_, at) => rowOf(`r${at}`));
  let pages = 0;
  const manyPages = () => {
    const full = ++pages <= MAX_ROWS / 500;
    return { as_of: "e1", next: "more", items: full ? items : [] };
  };
  show({ answer: () => Response.json(manyPages()) });
  const note = await screen.findByRole("note", {}, { timeout: 20_000 });
  expect(note).toHaveTextContent(/more than the 50,000 .* table editor/);
}, 30_000);

test("offline the rows stay, and say how old they are", async () => {
  show();
  await cellOf("Track a", "Pending");
  act(() => client().become({ status: "reconnecting", since: Date.now() }));
  expect(screen.getByText(/Not live/)).toBeVisible();
  await cellOf("Track b", "Pending");
  act(() => client().become({ status: "live" }));
  expect(screen.queryByText(/Not live/)).toBeNull();
});

test("a key sets the status at once, and another undoes it", async () => {
  const { written, toasts } = show();
  await cellOf("Track a", "Pending");
  await userEvent.keyboard("ja");
  await cellOf("Track a", "Approved");
  await waitFor(() => expect(toasts.getSnapshot()).toMatchObject([{ kind: "good" }]));
  tell(updateOf("a", 1, { status: "approved" }));
  expect(toasts.getSnapshot()).toHaveLength(1);
  await userEvent.keyboard("u");
  await waitFor(() =>
    expect(written.mock.calls).toEqual([[{ status: "approved" }], [{ status: "pending" }]]),
  );
});

test("what is refused goes back, with the reason", async () => {
  const { toasts } = show({ refusal: { code: "42501", message: "no" } });
  await cellOf("Track a", "Pending");
  await userEvent.keyboard("jr");
  await waitFor(() => expect(toasts.getSnapshot()).toMatchObject([{ kind: "bad" }]));
  await cellOf("Track a", "Pending");
});
