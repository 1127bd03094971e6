import { act, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { feedback, open, opened, save, stubWidth } from "./fakePage";
import { ROW } from "./fakes";

const services = vi.hoisted(() => ({ app: {}, api: {} }));
vi.mock("@/app/context", () => ({ useApp: () => services.app }));
vi.mock("@/app/api", () => ({ useApi: () => services.api }));

beforeEach(stubWidth);

describe("the drawer", () => {
  it("saves what is edited, and only that", async () => {
    const { user, writes } = await opened(services);
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
    const { user, writes, store } = await opened(services);
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
    const { user, writes, show } = await opened(services);
    await user.click(screen.getByRole("radio", { name: "Approved" }));
    await user.click(save());
    await waitFor(() => expect(writes).toHaveLength(1));
    await user.keyboard("{Escape}");

    act(() => writes[0]?.answer({ message: "Failed to fetch" }));

    await waitFor(() => expect(show).toHaveBeenCalledOnce());
    expect(show.mock.calls[0]?.[0]).toMatchObject({ title: "Not saved: Night Drive" });
  });

  it("shows a change from elsewhere beside the edit", async () => {
    const { user, change } = await opened(services);
    await user.type(feedback(), "Mine");

    act(() => change("s-1", { feedback: "Theirs", status: "in-review" }));

    expect(feedback()).toHaveValue("Mine");
    expect(screen.getByText("Theirs")).toBeVisible();
    expect(screen.getByRole("radio", { name: "In review" })).toBeChecked();
  });

  it("takes theirs where asked, and keeps the focus in the field", async () => {
    const { user, change } = await opened(services);
    await user.type(feedback(), "Mine");
    act(() => change("s-1", { feedback: "Theirs" }));

    await user.click(screen.getByRole("button", { name: "Take theirs: Feedback" }));

    expect(feedback()).toHaveValue("Theirs");
    expect(feedback()).toHaveFocus();
    expect(save()).toBeDisabled();
  });

  it("keeps mine where asked, still to be saved", async () => {
    const { user, change } = await opened(services);
    await user.click(screen.getByRole("radio", { name: "8 of 10" }));
    act(() => change("s-1", { rating: 2 }));

    await user.click(screen.getByRole("button", { name: "Keep mine: Rating" }));

    expect(screen.queryByText(/by somebody else/)).toBeNull();
    expect(screen.getByRole("radio", { name: "8 of 10" })).toBeChecked();
    expect(save()).toBeEnabled();
  });

  it("stays readable with what was typed when the row is deleted", async () => {
    const { user, remove } = await opened(services);
    await user.type(feedback(), "Mine");

    act(() => remove("s-1"));

    expect(screen.getByText(/has been deleted/)).toBeVisible();
    expect(feedback()).toHaveValue("Mine");
    expect(save()).toBeDisabled();
  });

  it("keeps what was typed for one submission while another is looked at", async () => {
    const other = { ...ROW, id: "s-2", title: "Other" };
    const { user } = await opened(services, { rows: [ROW, other] });
    await user.type(feedback(), "Mine");

    await user.click(screen.getByRole("button", { name: "Open another" }));
    expect(feedback()).toHaveValue("");
    await user.click(screen.getByRole("button", { name: "Open" }));

    expect(feedback()).toHaveValue("Mine");
  });

  it("says so where there is no such submission", async () => {
    const { user } = open(services, { id: "nowhere" });

    await user.click(screen.getByRole("button", { name: "Open" }));

    expect(screen.getByText("No such submission")).toBeVisible();
  });

  it("shows text of the row as text", async () => {
    await opened(services);

    expect(screen.getByText("A <b>late</b> one")).toBeVisible();
  });
});
