/** A page around the drawer, for tests of it. */

import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode, useState } from "react";
import { vi } from "vitest";
import type { Message } from "@/realtime/types";
import { fakeStorage, fakeStore, fakeTable, ROW } from "./fakes";
import type { HistoryPage } from "./history";
import SubmissionDrawer from "./SubmissionDrawer";

export interface Services {
  app: object;
  api: object;
}

const PAST: HistoryPage = {
  submission_id: "s-1",
  next: null,
  items: [
    { id: "e1", time: "2026-11-20T10:00:00Z", event: "INSERT", stale: false, changes: [] },
    {
      id: "e2",
      time: "2026-11-21T10:00:00Z",
      event: "UPDATE",
      stale: false,
      actor: "Ada",
      changes: [{ field: "status", from: "in-review", to: "pending" }],
    },
  ],
};

/** A page with a button that opens the drawer; `services` is what its hooks return. */
export function open(services: Services, { rows = [ROW], id = "s-1" } = {}) {
  const submissions = fakeStore(rows);
  const { table, writes } = fakeTable();
  const { storage, state: storageState } = fakeStorage();
  const show = vi.fn();
  const get = vi.fn(() => Promise.resolve(PAST));
  const listeners = new Set<(message: Message) => void>();
  services.app = {
    supabase: { ...table, storage },
    config: { bucket: "tracks" },
    toasts: { show },
  };
  services.api = { get };

  function Page() {
    const [shown, setShown] = useState<string | null>(null);
    return (
      <main>
        <h1>Submissions</h1>
        <button onClick={() => setShown(id)}>Open</button>
        <button onClick={() => setShown("s-2")}>Open another</button>
        {shown !== null && (
          <SubmissionDrawer
            id={shown}
            store={submissions.store}
            live={(listener) => {
              listeners.add(listener);
              return () => listeners.delete(listener);
            }}
            onClose={() => setShown(null)}
          />
        )}
      </main>
    );
  }

  const tell = (message: Message) =>
    act(() => listeners.forEach((listen) => listen(message)));
  const user = userEvent.setup();
  render(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
  return { ...submissions, user, writes, show, get, tell, storageState };
}

/** The same with the drawer open and all of it loaded. */
export async function opened(services: Services, options?: Parameters<typeof open>[1]) {
  const page = open(services, options);
  await page.user.click(screen.getByRole("button", { name: "Open" }));
  await screen.findByText("Submitted", { selector: "p" });
  await screen.findByLabelText("Play 01.wav");
  return page;
}

export const drawer = () => screen.queryByRole("dialog", { name: "Night Drive" });
export const feedback = () => screen.getByRole("textbox", { name: "Feedback" });
export const save = () => screen.getByRole("button", { name: "Save" });

/** jsdom has no widths: this is a wide screen. */
export function stubWidth(): void {
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
}
