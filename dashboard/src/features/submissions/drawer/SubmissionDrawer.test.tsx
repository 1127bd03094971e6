import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { StrictMode, useState } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Message } from "@/realtime/types";
import { fakeStorage, fakeStore, fakeTable, ROW } from "./fakes";
import type { HistoryPage } from "./history";
import SubmissionDrawer from "./SubmissionDrawer";

const services = vi.hoisted(() => ({ app: {}, api: {} }));
vi.mock("@/app/context", () => ({ useApp: () => services.app }));
vi.mock("@/app/api", () => ({ useApi: () => services.api }));

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

function open({ rows = [ROW], id = "s-1" } = {}) {
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

async function opened(options?: Parameters<typeof open>[0]) {
  const page = open(options);
  await page.user.click(screen.getByRole("button", { name: "Open" }));
  await screen.findByText("Submitted", { selector: "p" });
  await screen.findByLabelText("Play 01.wav");
  return page;
}

const drawer = () => screen.queryByRole("dialog", { name: "Night Drive" });
const feedback = () => screen.getByRole("textbox", { name: "Feedback" });
const save = () => screen.getByRole("button", { name: "Save" });

beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
});

describe("the drawer", () => {
  it("saves what is edited, and only that", async () => {
    const { user, writes } = await opened();
    await user.click(screen.getByRole("radio", { name: "8 of 10" }));
    await user.type(feedback(), "Good");

    await user.click(save());

    await waitFor(() => expect(writes).toHaveLength(1));
    expect(writes[0]).toMatchObject({ id: "s-1", values: { rating: 8, feedback: "Good" } });
    act(() => writes[0]?.answer(null));
    expect(await screen.findByText("✓ Saved")).toBeVisible();
    expect(save()).toBeDisabled();
  });

  it("keeps what was refused as typed, with the reason", async () => {
    const { user, writes, store } = await opened();
    await user.click(screen.getByRole("radio", { name: "Approved" }));
    await user.click(save());
    await waitFor(() => expect(writes).toHaveLength(1));

    act(() => writes[0]?.answer({ code: "42501", message: "x" }));

    expect(await screen.findByText(/You may not change this submission/)).toBeVisible();
    expect(store.getSnapshot().entries.get("s-1")?.submission.status).toBe("pending");
    expect(screen.getByRole("radio", { name: "Approved" })).toBeChecked();
    expect(save()).toBeEnabled();
  });

  it("tells by a toast of a save that was refused after it had been closed", async () => {
    const { user, writes, show } = await opened();
    await user.click(screen.getByRole("radio", { name: "Approved" }));
    await user.click(save());
    await waitFor(() => expect(writes).toHaveLength(1));
    await user.keyboard("{Escape}");

    act(() => writes[0]?.answer({ message: "Failed to fetch" }));

    await waitFor(() => expect(show).toHaveBeenCalledOnce());
    expect(show.mock.calls[0]?.[0]).toMatchObject({ title: "Not saved: Night Drive" });
  });

  it("shows a change from elsewhere beside the edit", async () => {
    const { user, change } = await opened();
    await user.type(feedback(), "Mine");

    act(() => change("s-1", { feedback: "Theirs", status: "in-review" }));

    expect(feedback()).toHaveValue("Mine");
    expect(screen.getByText("Theirs")).toBeVisible();
    expect(screen.getByRole("radio", { name: "In review" })).toBeChecked();
  });

  it("takes theirs where asked, and keeps the focus in the field", async () => {
    const { user, change } = await opened();
    await user.type(feedback(), "Mine");
    act(() => change("s-1", { feedback: "Theirs" }));

    await user.click(screen.getByRole("button", { name: "Take theirs: Feedback" }));

    expect(feedback()).toHaveValue("Theirs");
    expect(feedback()).toHaveFocus();
    expect(save()).toBeDisabled();
  });

  it("keeps mine where asked, still to be saved", async () => {
    const { user, change } = await opened();
    await user.click(screen.getByRole("radio", { name: "8 of 10" }));
    act(() => change("s-1", { rating: 2 }));

    await user.click(screen.getByRole("button", { name: "Keep mine: Rating" }));

    expect(screen.queryByText(/by somebody else/)).toBeNull();
    expect(screen.getByRole("radio", { name: "8 of 10" })).toBeChecked();
    expect(save()).toBeEnabled();
  });

  it("stays readable with what was typed when the row is deleted", async () => {
    const { user, remove } = await opened();
    await user.type(feedback(), "Mine");

    act(() => remove("s-1"));

    expect(screen.getByText(/has been deleted/)).toBeVisible();
    expect(feedback()).toHaveValue("Mine");
    expect(save()).toBeDisabled();
  });

  it("keeps what was typed for one submission while another is looked at", async () => {
    const other = { ...ROW, id: "s-2", title: "Other" };
    const { user } = await opened({ rows: [ROW, other] });
    await user.type(feedback(), "Mine");

    await user.click(screen.getByRole("button", { name: "Open another" }));
    expect(feedback()).toHaveValue("");
    await user.click(screen.getByRole("button", { name: "Open" }));

    expect(feedback()).toHaveValue("Mine");
  });

  it("says so where there is no such submission", async () => {
    const { user } = open({ id: "nowhere" });

    await user.click(screen.getByRole("button", { name: "Open" }));

    expect(screen.getByText("No such submission")).toBeVisible();
  });

  it("shows text of the row as text", async () => {
    await opened();

    expect(screen.getByText("A <b>late</b> one")).toBeVisible();
  });
});

describe("keys", () => {
  it("saves with Ctrl+Enter", async () => {
    const { user, writes } = await opened();
    await user.type(feedback(), "Good");

    await user.keyboard("{Control>}{Enter}{/Control}");

    await waitFor(() => expect(writes[0]?.values).toEqual({ feedback: "Good" }));
  });

  it("rates with the arrow keys", async () => {
    const { user } = await opened();
    act(() => screen.getByRole("radio", { name: "No rating" }).focus());

    await user.keyboard("{ArrowRight}{ArrowRight}");

    expect(screen.getByRole("radio", { name: "2 of 10" })).toBeChecked();
  });

  it("moves the focus in, and back to where it was", async () => {
    const { user } = await opened();
    expect(drawer()).toHaveFocus();

    await user.keyboard("{Escape}");

    await waitFor(() => expect(screen.getByRole("button", { name: "Open" })).toHaveFocus());
    expect(drawer()).toBeNull();
  });

  it("asks before Escape throws an edit away", async () => {
    const { user } = await opened();
    await user.type(feedback(), "Mine");

    await user.keyboard("{Escape}");
    expect(screen.getByRole("button", { name: "Keep editing" })).toHaveFocus();
    await user.keyboard("{Escape}");
    expect(feedback()).toHaveValue("Mine");
    await user.keyboard("{Escape}");
    await user.click(screen.getByRole("button", { name: "Discard and close" }));

    expect(drawer()).toBeNull();
    await user.click(screen.getByRole("button", { name: "Open" }));
    expect(feedback()).toHaveValue("");
  });
});

describe("history", () => {
  it("tells what happened and what happens, the newest first, once", async () => {
    const { tell } = await opened();
    const bounce: Message = {
      type: "email_update",
      id: "e3",
      timestamp: "2026-11-22T10:00:00Z",
      data: {
        submission_id: "s-1",
        outcome: "failed",
        severity: "permanent",
        recipient: "a***@example.com",
        reason: "no such mailbox",
        timestamp: "2026-11-22T10:00:00Z",
      },
    };

    tell(bounce);
    tell(bounce);

    const list = screen.getByRole("list", { name: "What happened" });
    const lines = within(list)
      .getAllByRole("listitem")
      .filter((line) => line.parentElement === list)
      .map((line) => line.textContent);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain("Mail bounced (a***@example.com): no such mailbox");
    expect(lines[1]).toContain("Status from In review to Pending");
    expect(lines[1]).toContain("by Ada");
    expect(lines[2]).toContain("Submitted");
  });

  it("shows older ones when asked", async () => {
    const { tell, user } = await opened();
    for (let minute = 10; minute < 30; minute += 1) {
      const timestamp = `2026-11-22T10:${minute}:00Z`;
      const data = {
        submission_id: "s-1",
        outcome: "opened",
        recipient: null,
        reason: null,
      };
      tell({
        type: "email_update",
        id: `m${minute}`,
        timestamp,
        data: { ...data, timestamp },
      });
    }
    expect(screen.getAllByText("Mail opened")).toHaveLength(15);

    await user.click(screen.getByRole("button", { name: "Show older (7)" }));

    expect(screen.getAllByText("Mail opened")).toHaveLength(20);
    expect(screen.queryByRole("button", { name: /Show older/ })).toBeNull();
  });
});

describe("accessibility", () => {
  it("has nothing that axe objects to, in conflict and deleted too", async () => {
    const { user, change, remove } = await opened();
    const check = async () => {
      const { violations } = await axe.run(document.body, {
        // jsdom draws nothing, so it has no colours to compare.
        rules: { "color-contrast": { enabled: false } },
      });
      expect(
        violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      ).toEqual([]);
    };
    await check();
    await user.type(feedback(), "Mine");
    act(() => change("s-1", { feedback: "Theirs" }));
    await user.keyboard("{Escape}");
    await check();
    act(() => remove("s-1"));
    await check();
  });
});
