/** What has happened to a submission so far, shown when asked for. */

import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { Api } from "@/app/api";
import { Time } from "@/components/Time";
import { loadSteps } from "./history";

interface StepsProps {
  api: Api;
  submissionId: string;
  /** When it changed last, in milliseconds since 1970: its steps are read again then. */
  changedAt: number | null;
}

export function Steps({ api, submissionId, changedAt }: StepsProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <div>
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
        className="min-h-9 rounded-md text-sm font-medium text-accent hover:underline"
      >
        {isOpen ? "Hide what happened" : "What happened so far"}
      </button>
      <div id={id}>
        {isOpen && <List api={api} submissionId={submissionId} changedAt={changedAt} />}
      </div>
    </div>
  );
}

function List({ api, submissionId, changedAt }: StepsProps) {
  const { data, error } = useQuery({
    queryKey: ["steps", submissionId, changedAt],
    queryFn: ({ signal }) => loadSteps(api, submissionId, signal),
    placeholderData: (before) => before,
    retry: 1,
  });
  if (data === undefined)
    return (
      <p role="status" className="py-2 text-sm text-muted">
        {error ? `This cannot be shown just now. ${error.message}` : "Loading…"}
      </p>
    );
  if (data.length === 0)
    return <p className="py-2 text-sm text-muted">Nothing has happened yet.</p>;
  return (
    <ol className="mt-2 space-y-2 border-l-2 border-line pl-4 text-sm">
      {data.map(({ id, time, text }) => (
        <li key={id} className="flex flex-wrap justify-between gap-x-4">
          <span>{text}</span>
          <span className="text-muted">
            <Time value={time} />
          </span>
        </li>
      ))}
    </ol>
  );
}
