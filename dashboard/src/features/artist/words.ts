/** What an artist is told of a submission: its status, and changes as they happen. */

import { lookOf } from "@/components/StatusBadge";
import type { SubmissionUpdate } from "@/realtime/types";

const STORIES = new Map([
  [
    "pending",
    "Your track is in the queue. Somebody will listen to it; there is nothing you need to do.",
  ],
  ["in-review", "Somebody is listening to your track right now. The decision comes next."],
  [
    "approved",
    "Congratulations, your track was taken. We write to you about what comes next.",
  ],
  [
    "rejected",
    "This track was not the right one for us this time. We would love to hear your next one.",
  ],
]);

/** What a status means for the artist, and what comes next. */
export function storyOf(status: string | null): string {
  const story = status === null ? undefined : STORIES.get(status);
  return story ?? "We have your track, and tell you here as soon as something changes.";
}

/** A change in one sentence, for those who hear the page; null: nothing worth saying. */
export function announcement(update: SubmissionUpdate): string | null {
  if (update.stale === true) return null;
  const title = update.title ?? "Your track";
  if (update.event === "DELETE") return `${title} was removed.`;
  if (update.event === "INSERT") return `${title} has arrived.`;
  const said = [
    update.updated_fields.includes("status") && statusSaid(update.new_data.status),
    update.updated_fields.includes("rating") && ratingSaid(update.new_data.rating),
    update.updated_fields.includes("feedback") &&
      typeof update.new_data.feedback === "string" &&
      "there is new feedback",
  ].filter((part) => typeof part === "string");
  return said.length > 0 ? `${title}: ${said.join(", ")}.` : null;
}

/** The columns that an artist sees. */
const SEEN = ["status", "rating", "feedback", "title", "genre"];

/** "New just now: status and feedback", of the fields an artist sees. */
export function changedWords(fields: readonly string[]): string {
  const names = SEEN.filter((name) => fields.includes(name));
  if (names.length === 0) return "Changed just now";
  const list = new Intl.ListFormat("en", { type: "conjunction" }).format(names);
  return `New just now: ${list}`;
}

const statusSaid = (status: unknown): string | null =>
  typeof status === "string" ? `now ${lookOf(status).word.toLowerCase()}` : null;

const ratingSaid = (rating: unknown): string | null =>
  typeof rating === "number" ? `rated ${rating} of 10` : null;
