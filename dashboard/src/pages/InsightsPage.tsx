/** `/insights`: what goes on, in figures, as it happens. */

import { useState } from "react";
import { useSearchParams } from "react-router";
import { useApi } from "@/app/api";
import { useSession } from "@/app/context";
import { HeaderSlot } from "@/app/HeaderSlot";
import { ConnectionBadge } from "@/components/ConnectionBadge";
import { createFeed } from "@/features/insights/feed";
import { Insights } from "@/features/insights/Insights";
import { spanOf } from "@/features/insights/stats";
import { useStats } from "@/features/insights/useStats";
import { useAdminWebSocket } from "@/lib/hooks";

export default function InsightsPage() {
  const [feed] = useState(createFeed);
  const [parameters, setParameters] = useSearchParams();
  const span = spanOf(parameters.get("span"));
  const { userId } = useSession();
  const view = useStats(useApi(), feed, span, userId);
  const { connection, retryNow } = useAdminWebSocket({
    showToasts: false,
    onMessage: (message) => feed.add(message, Date.now()),
    // Who was counted before this page was connected counted without it.
    onConnectionChange: (isConnected) => {
      if (isConnected) view.retry();
    },
  });
  return (
    <div className="mx-auto w-full max-w-[1800px] space-y-4 p-4 sm:p-6">
      <HeaderSlot>
        <ConnectionBadge connection={connection} onRetry={retryNow} />
      </HeaderSlot>
      <h1 className="text-xl font-semibold tracking-tight">Insights</h1>
      <Insights
        view={view}
        span={span}
        onSpan={({ name }) => setParameters({ span: name }, { replace: true })}
      />
    </div>
  );
}
