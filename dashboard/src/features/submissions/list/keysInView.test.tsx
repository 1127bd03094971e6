import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode } from "react";
import { MemoryRouter } from "react-router";
import { beforeEach, expect, it, vi } from "vitest";
import { rowOf, updateOf } from "../fakes";
import { createSubmissionsStore } from "../store";
import { SubmissionsList } from "./SubmissionsList";

beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({
    matches: true,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
  Element.prototype.scrollTo = () => undefined;
});

/** Three pending submissions, and nothing else in view. */
function open() {
  const store = createSubmissionsStore((tell) => queueMicrotask(tell));
  const submitted = (second: number) => ({ submitted_at: `2026-11-23T12:00:0${second}Z` });
  store.reset([rowOf("a", submitted(3)), rowOf("b", submitted(2)), rowOf("c")], 1);
  const onStatus = vi.fn();
  const nothing = (): void => undefined;
  render(
    <StrictMode>
      <MemoryRouter initialEntries={["/?status=pending"]}>
        <SubmissionsList
          store={store}
          names={new Map()}
          openId={null}
          loaded={3}
          onOpen={nothing}
          onStatus={onStatus}
          onUndo={nothing}
          onRetry={nothing}
        />
      </MemoryRouter>
    </StrictMode>,
  );
  const user = userEvent.setup();
  return { store, onStatus, user };
}

it("changes no row that has left the view, and goes on with the one after it", async () => {
  const { store, onStatus, user } = open();
  act(() => screen.getByRole("grid").focus());
  await user.keyboard("jja");
  expect(onStatus.mock.calls).toEqual([["b", "approved"]]);

  await act(async () => {
    store.apply(updateOf("b", 1, { status: "approved" }), 2);
    await Promise.resolve();
  });
  await user.keyboard("r");
  expect(onStatus).toHaveBeenCalledOnce();

  await user.keyboard("jr");
  expect(onStatus.mock.calls[1]).toEqual(["c", "rejected"]);
});
