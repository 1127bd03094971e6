import { act, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Message } from "@/realtime/types";
import { drawer, feedback, opened, stubWidth } from "./fakePage";

const services = vi.hoisted(() => ({ app: {}, api: {} }));
vi.mock("@/app/context", () => ({ useApp: () => services.app }));
vi.mock("@/app/api", () => ({ useApi: () => services.api }));

beforeEach(stubWidth);

describe("keys", () => {
  it("saves with Ctrl+Enter", async () => {
    const { user, writes } = await opened(services);
    await user.type(feedback(), "Good");

    await user.keyboard("{Control>}{Enter}{/Control}");

    await waitFor(() => expect(writes[0]?.values).toEqual({ feedback: "Good" }));
  });

  it("rates with the arrow keys", async () => {
    const { user } = await opened(services);
    act(() => screen.getByRole("radio", { name: "No rating" }).focus());

    await user.keyboard("{ArrowRight}{ArrowRight}");

    expect(screen.getByRole("radio", { name: "2 of 10" })).toBeChecked();
  });

  it("moves the focus in, and back to where it was", async () => {
    const { user } = await opened(services);
    expect(drawer()).toHaveFocus();

    await user.keyboard("{Escape}");

    await waitFor(() => expect(screen.getByRole("button", { name: "Open" })).toHaveFocus());
    expect(drawer()).toBeNull();
  });

  it("asks before Escape throws an edit away", async () => {
    const { user } = await opened(services);
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

describe("the question before closing", () => {
  it("leaves the focus alone while the row changes", async () => {
    const { user, change } = await opened(services);
    await user.type(feedback(), "Mine");
    await user.keyboard("{Escape}{Tab}");
    const discard = screen.getByRole("button", { name: "Discard and close" });
    expect(discard).toHaveFocus();

    act(() => change("s-1", { rating: 3 }));

    expect(discard).toHaveFocus();
  });
});

describe("history", () => {
  it("tells what happened and what happens, the newest first, once", async () => {
    const { tell } = await opened(services);
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
    expect(lines[0]).toContain("Mail will not arrive (a***@example.com): no such mailbox");
    expect(lines[1]).toContain("Status from In review to Pending");
    expect(lines[1]).toContain("by Ada");
    expect(lines[2]).toContain("Submitted");
  });

  it("is read again where what was missed was not told", async () => {
    const { tell, get } = await opened(services);
    get.mockClear();

    tell({ type: "snapshot", snapshot: { rows: [], asOf: null } });

    expect(get).toHaveBeenCalledOnce();
    tell({ type: "gap" });
    expect(get).toHaveBeenCalledTimes(2);
  });

  it("shows older ones when asked", async () => {
    const { tell, user } = await opened(services);
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
    const { user, change, remove } = await opened(services);
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
