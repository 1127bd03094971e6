/** One of the artist's submissions: where it stands, and what was said of it. */

import clsx from "clsx";
import { memo, useId, type ReactNode } from "react";
import type { Api } from "@/app/api";
import { StatusBadge } from "@/components/StatusBadge";
import { Time } from "@/components/Time";
import type { Entry } from "@/features/submissions/contract";
import { Steps } from "./Steps";
import { useFresh } from "./useFresh";
import { changedWords, storyOf } from "./words";

interface TrackProps {
  entry: Entry;
  api: Api;
}

export const Track = memo(function Track({ entry, api }: TrackProps) {
  const { submission, changed } = entry;
  const { id, title, genre, status, rating, feedback, submitted_at } = submission;
  const isFresh = useFresh(changed?.at ?? null);
  const heading = useId();
  return (
    <article
      aria-labelledby={heading}
      data-fresh={isFresh}
      className={clsx(
        "flex h-full flex-col gap-3 rounded-xl border p-4 transition-colors duration-700 sm:p-5",
        isFresh ? "border-warn bg-glow [--muted:var(--ink)]" : "border-line bg-card",
      )}
    >
      <div className="flex items-start justify-between gap-3">
        <h2 id={heading} className="min-w-0 text-lg font-semibold break-words">
          {title ?? "Untitled"}
        </h2>
        <StatusBadge status={status} />
      </div>
      {isFresh && changed && (
        <p className="text-sm font-medium">
          <span aria-hidden="true">✦ </span>
          {changedWords(changed.fields)}
        </p>
      )}
      <p className="text-sm">{storyOf(status)}</p>
      {feedback && (
        <figure className="rounded-lg border border-line bg-raised p-3 text-sm">
          <figcaption className="mb-1 text-xs font-medium text-muted">Feedback</figcaption>
          <blockquote className="break-words whitespace-pre-wrap">{feedback}</blockquote>
        </figure>
      )}
      <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
        {rating !== null && <Fact name="Rating">{rating} of 10</Fact>}
        {genre && <Fact name="Genre">{genre}</Fact>}
        {submitted_at && (
          <Fact name="Sent">
            <Time value={submitted_at} />
          </Fact>
        )}
      </dl>
      <Steps api={api} submissionId={id} changedAt={changed?.at ?? null} />
    </article>
  );
});

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex gap-2">
      <dt className="text-muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
