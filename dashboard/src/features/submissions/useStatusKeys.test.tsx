import { act, renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { noticeOfUpdate } from "@/lib/hooks/notices";
import { updateOf } from "../../../tests/fakes";
import { fakeStore, fakeTable } from "./drawer/fakes";
import { useStatusKeys } from "./useStatusKeys";

const services = vi.hoisted(() => ({ app: {} }));
vi.mock("@/app/context", () => ({ useApp: () => services.app }));

function keys() {
  const submissions = fakeStore();
  const { table, writes } = fakeTable();
  const disown = vi.fn();
  const show = vi.fn();
  const own = vi.fn<(change: string) => () => void>(() => disown);
  services.app = { supabase: table, toasts: { show, own } };
  const { result } = renderHook(() => useStatusKeys(submissions.store));
  return { ...submissions, ...result.current, writes, show, own, disown };
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

it("is told by its own toast alone, and by no other's where it was refused", async () => {
  const { setStatus, writes, show, own, disown } = keys();
  act(() => setStatus("s-1", "approved"));
  await vi.waitFor(() => expect(writes).toHaveLength(1));
  const told = noticeOfUpdate(updateOf({ submission_id: "s-1" }).data)?.change;
  expect(own.mock.calls).toEqual([[told]]);

  writes[0]?.answer({ message: "no" });

  await vi.waitFor(() => expect(show).toHaveBeenCalledOnce());
  expect(disown).toHaveBeenCalledOnce();
});
