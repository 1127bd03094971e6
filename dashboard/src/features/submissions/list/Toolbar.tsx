/** Search and filters of the list. */

import clsx from "clsx";
import { useEffect, useEffectEvent, useState, type ReactNode, type RefObject } from "react";
import { Button } from "@/components/Button";
import { controlStyle } from "@/components/Field";
import { lookOf } from "@/components/StatusBadge";
import { STATUSES } from "@/lib/submission";
import type { View } from "./arrange";
import {
  ALL,
  isFiltered,
  ratingOf,
  SORTS,
  withStatus,
  type Query,
  type Sort,
} from "./query";

const PAUSE_MS = 200;

const SORT_NAMES: Record<Sort, string> = {
  title: "Title",
  status: "Status",
  genre: "Genre",
  rating: "Rating",
  bpm: "BPM",
  submitted: "Submitted",
  updated: "Updated",
};

interface ToolbarProps {
  query: Query;
  view: View;
  searchRef: RefObject<HTMLInputElement | null>;
  onQuery: (query: Query) => void;
  children?: ReactNode;
}

export function Toolbar({ query, view, searchRef, onQuery, children }: ToolbarProps) {
  const [search, setSearch] = useSlow(query.search, (text) =>
    onQuery({ ...query, search: text }),
  );
  const sort = `${query.descending ? "-" : ""}${query.sort}`;
  return (
    <div role="search" className="flex flex-wrap items-center gap-2 px-4 py-3">
      <input
        ref={searchRef}
        type="search"
        aria-label="Search title, artist, feedback"
        placeholder="Search title, artist, feedback"
        className={clsx(controlStyle, "lg:w-72")}
        value={search}
        maxLength={200}
        onChange={(event) => setSearch(event.target.value)}
      />
      <Statuses query={query} view={view} onQuery={onQuery} />
      <Choice
        name="Genre"
        value={query.genre ?? ""}
        onChange={(genre) => onQuery({ ...query, genre: genre || null })}
      >
        <option value="">Every genre</option>
        {genresOf(query, view).map((genre) => (
          <option key={genre}>{genre}</option>
        ))}
      </Choice>
      <Choice
        name="Rating"
        value={String(query.rating ?? "")}
        onChange={(rating) => onQuery({ ...query, rating: ratingOf(rating) })}
      >
        <option value="">Every rating</option>
        <option value="none">Not rated</option>
        {[9, 8, 7, 6, 5, 4, 3, 2, 1].map((rating) => (
          <option key={rating} value={rating}>{`${rating} and more`}</option>
        ))}
        <option value="10">10</option>
      </Choice>
      <Choice
        name="Sort"
        className="lg:hidden"
        value={sort}
        onChange={(chosen) =>
          onQuery({
            ...query,
            sort: SORTS.find((known) => chosen.endsWith(known)) ?? ALL.sort,
            descending: chosen.startsWith("-"),
          })
        }
      >
        {SORTS.flatMap((name) => [
          <option key={name} value={name}>{`${SORT_NAMES[name]} ↑`}</option>,
          <option key={`-${name}`} value={`-${name}`}>{`${SORT_NAMES[name]} ↓`}</option>,
        ])}
      </Choice>
      {isFiltered(query) && (
        <Button
          variant="quiet"
          size="small"
          onClick={() =>
            onQuery({ ...ALL, sort: query.sort, descending: query.descending })
          }
        >
          Clear filters
        </Button>
      )}
      {children}
    </div>
  );
}

function Statuses({
  query,
  view,
  onQuery,
}: Pick<ToolbarProps, "query" | "view" | "onQuery">) {
  const others = [...view.counts.keys()].filter((status) => status !== "");
  const statuses = [...new Set([...STATUSES, ...query.statuses, ...others])];
  return (
    <div role="group" aria-label="Status" className="flex flex-wrap gap-1">
      {statuses.map((status) => (
        <Button
          key={status}
          size="small"
          variant={query.statuses.includes(status) ? "primary" : "secondary"}
          aria-pressed={query.statuses.includes(status)}
          onClick={() => onQuery(withStatus(query, status))}
        >
          {`${lookOf(status).word} `}
          <span className="tabular-nums opacity-80">
            {(view.counts.get(status) ?? 0).toLocaleString()}
          </span>
        </Button>
      ))}
    </div>
  );
}

interface ChoiceProps {
  name: string;
  value: string;
  onChange: (value: string) => void;
  className?: string;
  children: ReactNode;
}

function Choice({ name, value, onChange, className, children }: ChoiceProps) {
  return (
    <select
      aria-label={name}
      className={clsx(
        "h-8 rounded-md border border-control bg-card px-2 text-[0.8125rem]",
        className,
      )}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {children}
    </select>
  );
}

/** The genre of the address stays choosable where no row has it. */
function genresOf(query: Query, view: View): readonly string[] {
  if (query.genre === null || view.genres.includes(query.genre)) return view.genres;
  return [query.genre, ...view.genres];
}

/** What is typed shows at once, and is told when the typing pauses. */
function useSlow(value: string, onChange: (value: string) => void) {
  const [draft, setDraft] = useState<string | null>(null);
  const tell = useEffectEvent(onChange);
  if (draft === value) setDraft(null);
  useEffect(() => {
    if (draft === null) return;
    const timer = setTimeout(() => tell(draft), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  return [draft ?? value, setDraft] as const;
}
