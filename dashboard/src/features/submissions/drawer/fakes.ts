/** Stand-ins for tests of the drawer: a store, a table that can refuse, a storage. */

import { submissionOf } from "@/lib/submission";
import type { Row } from "@/realtime/types";
import type { SubmissionsState, SubmissionsStore } from "../contract";
import type { Refusal, Table } from "../save";
import type { Storage } from "./audio";

export const ROW: Row = {
  id: "s-1",
  title: "Night Drive",
  userid: "a-1",
  genre: "House",
  status: "pending",
  rating: null,
  feedback: null,
  bpm: 124,
  key: "F minor",
  files: ["nora/01.wav"],
  description: "A <b>late</b> one",
  submitted_at: "2026-11-20T10:00:00+00:00",
  updated_at: "2026-11-20T10:00:00+00:00",
};

/** A store of whole rows; `change` and `remove` are what the socket would bring. */
export function fakeStore(rows: Row[] = [ROW]) {
  const listeners = new Set<() => void>();
  let state: SubmissionsState = stateOf(rows);

  function put(next: Row[]): void {
    state = stateOf(next);
    listeners.forEach((listener) => listener());
  }
  const all = (): Row[] => [...state.entries.values()].map((entry) => entry.submission.row);
  const change = (id: string, values: Row): void =>
    put(all().map((row) => (row.id === id ? { ...row, ...values } : row)));

  const store: SubmissionsStore = {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => state,
    reset: put,
    apply: (update) => change(update.submission_id, update.new_data),
    applyMail: () => undefined,
    showNew: () => undefined,
    fail: () => undefined,
    edit(id, values) {
      const before = all().find((row) => row.id === id) ?? {};
      change(id, values);
      const old = Object.fromEntries(
        Object.keys(values).map((name) => [name, before[name]]),
      );
      return () => change(id, old);
    },
  };
  const remove = (id: string): void => put(all().filter((row) => row.id !== id));
  return { store, change, remove };
}

function stateOf(rows: Row[]): SubmissionsState {
  const submissions = rows.map(submissionOf);
  return {
    entries: new Map(
      submissions.map((submission) => [
        submission.id,
        {
          submission,
          version: submission.updated_at,
          changed: null,
          isNew: false,
          mail: null,
        },
      ]),
    ),
    order: submissions.map(({ id }) => id),
    newCount: 0,
    isCut: false,
    status: "ready",
    asOf: 0,
  };
}

export interface Write {
  id: string;
  values: Row;
  /** The row that was written comes back where it is given. */
  answer(refusal: Refusal | null, row?: Row): void;
}

/** A table whose writes wait to be answered, in `writes`; `fail` where there is no network. */
export function fakeTable() {
  const writes: Write[] = [];
  const table: Table = {
    from: () => ({
      update: (values) => ({
        eq: (_column, id) => ({
          select: () => ({
            abortSignal: () => ({
              single: () =>
                new Promise((resolve) => {
                  const answer = (error: Refusal | null, row?: Row) =>
                    resolve({ data: row ?? null, error });
                  writes.push({ id, values, answer });
                }),
            }),
          }),
        }),
      }),
    }),
  };
  return { table, writes };
}

/** A storage that signs every path anew each time, and refuses while `broken`. */
export function fakeStorage() {
  const state = { signed: 0, broken: false };
  const storage: Storage = {
    from: (bucket) => ({
      createSignedUrl: (path, seconds) => {
        if (state.broken)
          return Promise.resolve({ data: null, error: { message: "Object not found" } });
        state.signed += 1;
        const signedUrl = `https://db.example/${bucket}/${path}?n=${state.signed}&s=${seconds}`;
        return Promise.resolve({ data: { signedUrl }, error: null });
      },
    }),
  };
  return { storage, state };
}
