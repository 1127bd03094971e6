/** Says that there are more submissions than the page can hold. */

import { useEffect } from "react";
import { useAnnounce } from "@/components/Announcer";
import { Icon } from "@/components/Icon";
import type { SubmissionsState } from "../contract";
import { MAX_ROWS } from "../load";

export function Cut({ isCut }: Pick<SubmissionsState, "isCut">) {
  const announce = useAnnounce();
  const first = `There are more than the ${MAX_ROWS.toLocaleString()} submissions that this page can hold.`;
  useEffect(() => {
    if (isCut) announce(first);
  }, [announce, first, isCut]);
  if (!isCut) return null;
  return (
    <p
      role="note"
      className="flex items-center gap-2 rounded-lg border border-warn bg-card px-3 py-2 text-sm"
    >
      <Icon name="alert" className="shrink-0 text-warn" />
      <span>
        {first} The others are neither listed nor found by the search until they change:
        look them up in Supabase’s table editor, or remove old ones, so that all fit here
        again.
      </span>
    </p>
  );
}
