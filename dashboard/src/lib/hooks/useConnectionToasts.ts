/** Tell by a toast that the connection was lost for a while, and that it is back. */

import { useEffect, useRef } from "react";
import type { ToastStore } from "@/app/toasts";
import { createConnectionNotices } from "./notices";
import type { ConnectionNotices } from "./notices";

export function useConnectionToasts(
  toasts: ToastStore,
  isConnected: boolean,
  enabled: boolean,
): void {
  const notices = useRef<ConnectionNotices>(null);
  useEffect(() => {
    notices.current = createConnectionNotices(toasts.show);
    return () => {
      notices.current?.stop();
      notices.current = null;
    };
  }, [toasts]);
  useEffect(() => {
    if (!isConnected || !enabled) return;
    notices.current?.tell(true);
    return () => notices.current?.tell(false);
  }, [isConnected, enabled]);
}
