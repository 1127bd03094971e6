/** What is typed and not yet saved, by submission: it outlives the drawer that shows it. */

import type { SubmissionsStore } from "../contract";
import { FIELDS, pick, same, type Field, type Value, type Values } from "./mergeEdit";

export interface Draft {
  /** The edited fields as they were when the edit of each began. */
  base: Partial<Values>;
  mine: Partial<Values>;
  /** How many saves wait for their answer. */
  saving: number;
  outcome: { saved: true } | { saved: false; reason: string } | null;
}

export interface Drafts {
  subscribe: (listener: () => void) => () => void;
  get(id: string): Draft;
  /** Set a field; `theirs` is the row's value, kept as the base of a first edit. */
  edit(id: string, field: Field, mine: Value, theirs: Value): void;
  /** Give up what was typed, in one field or in all. */
  drop(id: string, fields?: readonly Field[]): void;
  /** Stay with what was typed, knowing what the row is now. */
  keep(id: string, field: Field, theirs: Value): void;
  /** Save with `write`, which tells why not, or null; what is refused stays as typed. */
  submit(
    id: string,
    values: Partial<Values>,
    write: (values: Partial<Values>) => Promise<string | null>,
  ): Promise<string | null>;
}

const NOTHING: Draft = { base: {}, mine: {}, saving: 0, outcome: null };

const byStore = new WeakMap<SubmissionsStore, Drafts>();

/** The drafts that belong to a store: they go when it goes. */
export function draftsOf(store: SubmissionsStore): Drafts {
  const drafts = byStore.get(store) ?? createDrafts();
  byStore.set(store, drafts);
  return drafts;
}

export function createDrafts(): Drafts {
  const drafts = new Map<string, Draft>();
  const listeners = new Set<() => void>();
  const get = (id: string): Draft => drafts.get(id) ?? NOTHING;

  function put(id: string, change: Partial<Draft>): void {
    drafts.set(id, { ...get(id), ...change });
    listeners.forEach((listener) => listener());
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get,
    edit: (id, field, mine, theirs) => put(id, edited(get(id), field, mine, theirs)),
    drop(id, fields = FIELDS) {
      put(id, { ...without(get(id), fields), outcome: null });
    },
    keep(id, field, theirs) {
      put(id, { base: { ...get(id).base, [field]: theirs } });
    },
    async submit(id, values, write) {
      const before = get(id);
      put(id, begun(before, values));
      const reason = await write(values);
      const after = get(id);
      put(
        id,
        reason === null ? saved(after, values) : refused(after, before, values, reason),
      );
      return reason;
    },
  };
}

function edited(draft: Draft, field: Field, mine: Value, theirs: Value): Partial<Draft> {
  const base = draft.base[field] === undefined ? theirs : draft.base[field];
  if (same(mine, base)) return { ...without(draft, [field]), outcome: null };
  return {
    base: { ...draft.base, [field]: base },
    mine: { ...draft.mine, [field]: mine },
    outcome: null,
  };
}

/** The row will show the values at once, so they are the base of what is typed next. */
function begun(draft: Draft, values: Partial<Values>): Partial<Draft> {
  return {
    base: { ...draft.base, ...values },
    mine: { ...draft.mine, ...values },
    saving: draft.saving + 1,
    outcome: null,
  };
}

function saved(draft: Draft, values: Partial<Values>): Partial<Draft> {
  const done = FIELDS.filter(
    (field) => field in values && same(draft.mine[field], values[field]),
  );
  return { ...without(draft, done), saving: draft.saving - 1, outcome: { saved: true } };
}

function refused(
  draft: Draft,
  before: Draft,
  values: Partial<Values>,
  reason: string,
): Partial<Draft> {
  const fields = FIELDS.filter((field) => field in values);
  return {
    base: { ...draft.base, ...pick(before.base, fields) },
    mine: { ...values, ...draft.mine },
    saving: draft.saving - 1,
    outcome: { saved: false, reason },
  };
}

function without(draft: Draft, fields: readonly Field[]): Pick<Draft, "base" | "mine"> {
  const rest = FIELDS.filter((field) => !fields.includes(field) && field in draft.mine);
  return { base: pick(draft.base, rest), mine: pick(draft.mine, rest) };
}
