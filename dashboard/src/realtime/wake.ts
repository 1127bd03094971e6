/** Signs that a page, or the network, is back: where there is a page at all. */

type Target = Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;

const page = globalThis as Target & {
  document?: Target & { visibilityState: string };
  navigator?: { onLine?: boolean };
};

/** Call `wake` with each sign, also where the network goes. Returns how to stop. */
export function onWake(wake: () => void): () => void {
  const shown = (): void => {
    if (page.document?.visibilityState === "visible") wake();
  };
  const signs: [Target | undefined, string, () => void][] = [
    [page, "online", wake],
    [page, "offline", wake],
    [page, "pageshow", wake],
    [page.document, "visibilitychange", shown],
  ];
  for (const [target, name, listener] of signs) target?.addEventListener?.(name, listener);
  return () => {
    for (const [target, name, listener] of signs)
      target?.removeEventListener?.(name, listener);
  };
}

/** Only a hint: a machine without a network may still reach itself. */
export const isOffline = (): boolean => page.navigator?.onLine === false;
