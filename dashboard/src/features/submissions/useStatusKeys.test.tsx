import { act, renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { fakeStore, fakeTable } from "./drawer/fakes";
import { useStatusKeys } from "./useStatusKeys";

const services = vi.hoisted(() => ({ app: {} }));
vi.mock("@/app/context", () => ({ useApp: () => services.app }));

function keys() {
  const submissions = fakeStore();
  const { table, writes } = fakeTable();
  const show = vi.fn();
  services.app = { supabase: table, toasts: { show } };
  const { result } = renderHook(() => useStatusKeys(submissions.store));
  return { ...submissions, ...result.current, writes, show };
}

it("takes the last status back", async () => {
  const { setStatus, undo, writes } = keys();
  act(() => setStatus("s-1", "approved"));
  await vi.waitFor(() => expect(writes).toHaveLength(1));
  writes[0]?.answer(null);
  act(undo);
  await vi.waitFor(() => expect(writes).toHaveLength(2));
  expect(writes[1]?.values).toEqual({ status: "pending" });
});

it("leaves what somebody else has decided since", async () => {
  const { setStatus, undo, change, writes, show } = keys();
  act(() => setStatus("s-1", "approved"));
  await vi.waitFor(() => expect(writes).toHaveLength(1));
  writes[0]?.answer(null);
  await vi.waitFor(() => expect(show).toHaveBeenCalledOnce());
  act(() => change("s-1", { status: "rejected" }));

  act(undo);

  expect(writes).toHaveLength(1);
  expect(show.mock.lastCall?.[0]).toMatchObject({ title: "Not undone: Night Drive" });
});
