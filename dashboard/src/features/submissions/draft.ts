/** A model in the making: many things that happen cost one copy of its maps. */

import type { EmailUpdate, Row, SubmissionUpdate } from "@/realtime/types";
import { microseconds, versionOf, type Version } from "@/realtime/versions";
import { limit } from "@/lib/limit";
import { submissionOf } from "@/lib/submission";
import type { Entry } from "./contract";
import { shown, withEdit, type Edit } from "./edits";
import { entryOf, keep, type How, type Kept } from "./entry";
import { merge, mergeRow, type Held } from "./held";
import type { Action, Model } from "./model";
import { newest } from "./outcomes";
import { compareVersions } from "./versions";

const MAX_ROWS = 60_000;
const MAX_GONE = 10_000;

export class Draft {
  private entries: ReadonlyMap<string, Entry>;
  private readonly kept: Map<string, Kept>;
  private readonly mails: Map<string, EmailUpdate>;
  private readonly gone: Map<string, Version>;
  private order: readonly string[];
  private arrived: string[] = [];
  private newCount: number;
  private status: Model["status"];
  private isCut: boolean;
  private asOf: number | null;

  constructor(private readonly before: Model) {
    this.entries = before.entries;
    this.kept = new Map(before.kept);
    this.mails = new Map(before.mails);
    this.gone = new Map(before.gone);
    ({ order: this.order, newCount: this.newCount } = before);
    ({ status: this.status, isCut: this.isCut, asOf: this.asOf } = before);
  }

  act(action: Action): void {
    if (action.type === "reset") this.reset(action.rows, action.at, action.isCut ?? false);
    else if (action.type === "update") this.update(action.update, action.at);
    else if (action.type === "mail") this.mail(action.update);
    else if (action.type === "showNew") this.showNew();
    else if (action.type === "fail") this.status = "failed";
    else if (action.type === "edit") this.edit(action.id, action.edit);
    else this.takeBack(action.id, action.edit, action.row);
  }

  finish(): Model {
    const { entries, kept, mails, gone, newCount, status, isCut, asOf } = this;
    const order = this.ordered();
    return { entries, kept, mails, gone, newCount, status, isCut, asOf, order };
  }

  /** The rows are all that can be shown; what is not among them has left. */
  private reset(rows: Row[], at: number, isCut: boolean): void {
    const isFirst = this.asOf === null;
    const told = new Map(rows.map((row) => [submissionOf(row).id, row]));
    for (const id of [...this.kept.keys()]) if (!told.has(id)) this.drop(id);
    for (const [id, row] of told) {
      const known = this.kept.get(id);
      this.put(id, mergeRow(known?.held, row), { at, isNew: !isFirst && !known });
    }
    this.order = [...told.keys()].sort((one, other) => this.age(other) - this.age(one));
    this.arrived = [];
    this.gone.clear();
    if (isFirst) this.showNew();
    this.status = "ready";
    this.isCut = isCut;
    this.asOf = at;
  }

  private update(update: SubmissionUpdate, at: number): void {
    const id = update.submission_id;
    if (this.asOf !== null) this.asOf = Math.max(this.asOf, at);
    if (update.event === "DELETE") {
      this.remove(update);
      return;
    }
    const kept = this.kept.get(id);
    if (!kept && !this.mayReturn(update)) return;
    const held = merge(kept?.held, update);
    if (held === kept?.held) return;
    const told = new Set(update.updated_fields);
    this.put(id, held, { at, isNew: !kept, told });
    if (!kept) this.arrive(id);
  }

  private remove(update: SubmissionUpdate): void {
    if (update.stale) return;
    const id = update.submission_id;
    const version = versionOf(update);
    const kept = this.kept.get(id);
    if (kept && (compareVersions(version, kept.held.version) ?? 0) < 0) return;
    this.drop(id);
    const gone = this.gone.get(id);
    if (gone && (compareVersions(version, gone) ?? 0) < 0) return;
    this.gone.delete(id);
    this.gone.set(id, version);
    limit(this.gone, MAX_GONE);
  }

  /** A deletion has the version of the state that it ended, and is the later one. */
  private mayReturn(update: SubmissionUpdate): boolean {
    const gone = this.gone.get(update.submission_id);
    if (!gone) return true;
    const order = compareVersions(versionOf(update), gone);
    return order === null ? update.event === "INSERT" && !update.stale : order > 0;
  }

  private mail(update: EmailUpdate): void {
    const id = update.submission_id;
    const before = this.mails.get(id);
    if (before && newest(before, update) === before) return;
    this.mails.delete(id);
    this.mails.set(id, update);
    limit(this.mails, MAX_ROWS);
    const entry = this.entries.get(id);
    if (entry) this.set(id, { ...entry, mail: update });
  }

  private showNew(): void {
    if (this.newCount === 0) return;
    for (const [id, entry] of this.entries)
      if (entry.isNew) this.set(id, { ...entry, isNew: false });
    this.newCount = 0;
  }

  private edit(id: string, edit: Edit): void {
    const kept = this.kept.get(id);
    if (kept) this.show(id, { ...kept, edits: withEdit(kept.edits, edit) });
  }

  private takeBack(id: string, edit: number, row?: Row): void {
    const kept = this.kept.get(id);
    if (!kept?.edits.some((one) => one.id === edit)) return;
    const held = row ? mergeRow(kept.held, { ...kept.held.row, ...row }) : kept.held;
    this.show(id, { held, edits: kept.edits.filter((one) => one.id !== edit) });
  }

  private show(id: string, kept: Kept): void {
    this.kept.set(id, kept);
    const entry = this.entries.get(id);
    const submission = submissionOf(shown(kept.held.row, kept.edits));
    if (entry) this.set(id, { ...entry, submission, version: kept.held.written });
  }

  private put(id: string, held: Held, how: How): void {
    const kept = keep(this.kept.get(id), held, how);
    this.kept.set(id, kept);
    const before = this.entries.get(id);
    const entry = entryOf(before, kept, how, this.mails.get(id) ?? null);
    if (entry === before) return;
    this.set(id, entry);
    if (!before && how.isNew) this.newCount += 1;
  }

  /** Copied at the first write: the map is the same as long as its entries are. */
  private set(id: string, entry: Entry | null): void {
    if (this.entries === this.before.entries) this.entries = new Map(this.entries);
    const entries = this.entries as Map<string, Entry>;
    if (entry) entries.set(id, entry);
    else entries.delete(id);
  }

  private arrive(id: string): void {
    this.arrived.push(id);
    if (this.entries.size <= MAX_ROWS) return;
    const oldest = this.ordered().at(-1);
    if (oldest !== undefined) this.drop(oldest);
  }

  private drop(id: string): void {
    if (this.entries.get(id)?.isNew) this.newCount -= 1;
    this.set(id, null);
    this.kept.delete(id);
  }

  private ordered(): readonly string[] {
    const isWhole = this.arrived.length === 0 && this.order.length === this.entries.size;
    if (isWhole) return this.order;
    const ids = new Set([...this.arrived.reverse(), ...this.order]);
    this.arrived = [];
    this.order = [...ids].filter((id) => this.entries.has(id));
    return this.order;
  }

  private age(id: string): number {
    const submission = this.entries.get(id)?.submission;
    return microseconds(submission?.submitted_at ?? submission?.updated_at) ?? 0;
  }
}
