/** What has been told already, and what newer news has overtaken. */

import type { Update } from "./protocol.js";
import { Recent } from "./recent.js";
import type { Row } from "./types.js";
import { isOlder, newest, versionOf, versionOfRow, type Version } from "./versions.js";

const IDS = 20_000;
const VERSIONS = 50_000;

export class Inbox {
  readonly #ids = new Recent<true>(IDS);
  readonly #versions = new Recent<Version>(VERSIONS);

  /** Whether the event is told for the first time; the next time it is not. */
  isNew(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.set(id, true);
    return true;
  }

  /**
   * Whether a newer state was shown before, by an update or a snapshot. What the gateway
   * has marked as stale is not: it goes on, marked, and moves no version.
   */
  isOvertaken(message: Update): boolean {
    if (message.type !== "submission_update" || message.data.stale) return false;
    const id = message.data.submission_id;
    const version = versionOf(message.data);
    const seen = this.#versions.get(id);
    if (seen && isOlder(version, seen)) return true;
    this.#versions.set(id, seen ? newest(version, seen) : version);
    return false;
  }

  /** A snapshot is the truth: what was known of versions before is not. */
  reset(rows: readonly Row[]): void {
    this.#versions.clear();
    for (const row of rows)
      if (typeof row.id === "string" || typeof row.id === "number")
        this.#versions.set(String(row.id), versionOfRow(row));
  }
}
