/** The time, for what is told in relation to it. */

import { useCallback, useSyncExternalStore } from "react";

/** Milliseconds since 1970, in steps: all who ask for the same step change together. */
export function useNow(step: number): number {
  const subscribe = useCallback(
    (listener: () => void) => {
      const timer = setInterval(listener, step);
      return () => clearInterval(timer);
    },
    [step],
  );
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / step) * step);
}
