/** The columns of the list. */

import { createColumnHelper, tableFeatures } from "@tanstack/react-table";
import { Icon } from "@/components/Icon";
import { StatusBadge } from "@/components/StatusBadge";
import { Time } from "@/components/Time";
import type { Entry } from "../contract";
import { fateOf, TONES } from "../fate";
import type { Sort } from "./query";

export interface Shown {
  entry: Entry;
  artist: string | null;
  onOpen: (id: string) => void;
}

export interface ColumnMeta {
  /** Columns of the table that it shows: it glows when one of them changes. */
  fields: readonly string[];
  sort: Sort | null;
  className?: string;
}

export const features = tableFeatures({ columnMeta: {} as ColumnMeta });

const helper = createColumnHelper<typeof features, Shown>();

export const columns = helper.columns([
  helper.display({
    id: "title",
    header: "Title",
    meta: { fields: ["title", "userid"], sort: "title", className: "max-lg:col-span-3" },
    cell: ({ row }) => <Title {...row.original} />,
  }),
  helper.display({
    id: "status",
    header: "Status",
    meta: {
      fields: ["status"],
      sort: "status",
      className: "max-lg:col-span-2 max-lg:justify-self-end",
    },
    cell: ({ row }) => <StatusBadge status={row.original.entry.submission.status} />,
  }),
  helper.display({
    id: "genre",
    header: "Genre",
    meta: { fields: ["genre"], sort: "genre" },
    cell: ({ row }) => row.original.entry.submission.genre ?? "–",
  }),
  helper.display({
    id: "rating",
    header: "Rating",
    meta: { fields: ["rating"], sort: "rating", className: "tabular-nums" },
    cell: ({ row }) => ratingText(row.original.entry.submission.rating),
  }),
  helper.display({
    id: "bpm",
    header: "BPM, key",
    meta: { fields: ["bpm", "key"], sort: "bpm", className: "tabular-nums" },
    cell: ({ row }) => tempoText(row.original.entry),
  }),
  helper.display({
    id: "submitted",
    header: "Submitted",
    meta: { fields: ["submitted_at"], sort: "submitted", className: "max-lg:hidden" },
    cell: ({ row }) => <Time value={row.original.entry.submission.submitted_at} />,
  }),
  helper.display({
    id: "updated",
    header: "Updated",
    meta: { fields: [], sort: "updated", className: "max-lg:justify-self-end" },
    cell: ({ row }) => <Time value={row.original.entry.submission.updated_at} />,
  }),
  helper.display({
    id: "mail",
    header: "Mail",
    meta: { fields: [], sort: null, className: "max-lg:justify-self-end" },
    cell: ({ row }) => <Mail entry={row.original.entry} />,
  }),
]);

/** The button is as large as its row. The keyboard opens rows from the grid. */
function Title({ entry, artist, onOpen }: Shown) {
  const { id, title } = entry.submission;
  return (
    <>
      <button
        type="button"
        tabIndex={-1}
        className="block w-full cursor-pointer truncate text-left font-medium outline-none! after:absolute after:inset-0"
        onClick={() => onOpen(id)}
      >
        {title || "Untitled"}
      </button>
      <span className="block truncate text-xs text-muted">
        {artist ?? "Unknown artist"}
      </span>
    </>
  );
}

function Mail({ entry }: { entry: Entry }) {
  if (!entry.mail) return null;
  const { words, tone, icon } = fateOf(entry.mail);
  return (
    <span className={TONES[tone]} title={words}>
      <Icon name={icon} />
      <span className="sr-only">{words}</span>
    </span>
  );
}

function ratingText(rating: number | null): string {
  return rating === null ? "–" : `${rating}/10`;
}

function tempoText({ submission: { bpm, key } }: Entry): string {
  const parts = [bpm === null ? null : String(bpm), key].filter(Boolean);
  return parts.length > 0 ? parts.join(" · ") : "–";
}
