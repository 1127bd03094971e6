/** The submissions as they are known, and how what happens changes that: pure. */

import type { EmailUpdate, Row, SubmissionUpdate } from "@/realtime/types";
import type { Version } from "@/realtime/versions";
import type { SubmissionsState } from "./contract";
import { Draft } from "./draft";
import type { Edit } from "./edits";
import type { Kept } from "./entry";

export type Action =
  | { type: "reset"; rows: Row[]; at: number; isCut?: boolean }
  | { type: "update"; update: SubmissionUpdate; at: number }
  | { type: "mail"; update: EmailUpdate }
  | { type: "showNew" }
  | { type: "fail" }
  | { type: "edit"; id: string; edit: Edit }
  | { type: "takeBack"; id: string; edit: number; row?: Row };

export interface Model extends SubmissionsState {
  kept: ReadonlyMap<string, Kept>;
  /** The newest outcome of each submission's mails, of unknown ones too. */
  mails: ReadonlyMap<string, EmailUpdate>;
  /** Versions of what was deleted, so that nothing late brings it back. */
  gone: ReadonlyMap<string, Version>;
}

export const EMPTY: Model = {
  entries: new Map(),
  order: [],
  newCount: 0,
  status: "loading",
  isCut: false,
  asOf: null,
  kept: new Map(),
  mails: new Map(),
  gone: new Map(),
};

/** Many actions cost one copy of the maps. */
export function reduce(model: Model, actions: readonly Action[]): Model {
  if (actions.length === 0) return model;
  const draft = new Draft(model);
  for (const action of actions) draft.act(action);
  return draft.finish();
}
