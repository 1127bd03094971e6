/** What a submission is: what nobody edits here. */

import type { ReactNode } from "react";
import { Time } from "@/components/Time";
import type { Submission } from "@/lib/submission";

export function Facts({ submission }: { submission: Submission }) {
  const { genre, bpm, key, description, submitted_at, updated_at } = submission;
  return (
    <div className="grid gap-4">
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3">
        <Fact name="Genre">{genre ?? "–"}</Fact>
        <Fact name="BPM">{bpm === null ? "–" : new Intl.NumberFormat().format(bpm)}</Fact>
        <Fact name="Key">{key ?? "–"}</Fact>
        <Fact name="Submitted">
          <Time value={submitted_at} />
        </Fact>
        <Fact name="Changed">
          <Time value={updated_at} />
        </Fact>
      </dl>
      {description && (
        <p className="text-sm break-words whitespace-pre-wrap">{description}</p>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="text-sm break-words">{children}</dd>
    </div>
  );
}
