/** The head of the drawer: whose submission it is, its status, its id to copy. */

import { Dialog } from "radix-ui";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { StatusBadge } from "@/components/StatusBadge";
import type { Submission } from "@/lib/submission";

interface Props {
  submission: Submission;
  artist: string | null;
}

export function DrawerHeader({ submission, artist }: Props) {
  return (
    <div className="flex items-start gap-3 border-b border-line p-4">
      <div className="grid min-w-0 flex-1 gap-1.5">
        <Dialog.Title className="text-lg font-semibold break-words">
          {submission.title ?? "Untitled"}
        </Dialog.Title>
        <div className="flex flex-wrap items-center gap-2 text-sm text-muted">
          <span className="break-all">{artist ?? submission.userid ?? "No artist"}</span>
          <StatusBadge status={submission.status} />
          <CopyId id={submission.id} />
        </div>
      </div>
      <Dialog.Close asChild>
        <Button variant="quiet" size="small" aria-label="Close">
          <Icon name="cross" />
        </Button>
      </Dialog.Close>
    </div>
  );
}

function CopyId({ id }: { id: string }) {
  const [outcome, setOutcome] = useState("");

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(id);
      setOutcome("✓ Copied");
    } catch {
      setOutcome("Copying is not allowed here");
    }
  }

  return (
    <>
      <Button variant="quiet" size="small" onClick={() => void copy()} title={id}>
        Copy id
      </Button>
      <span role="status" className="text-xs">
        {outcome}
      </span>
    </>
  );
}
