/** Who is told when a store has changed. */

export interface Listeners {
  subscribe: (listener: () => void) => () => void;
  notify: () => void;
}

export function createListeners(): Listeners {
  const listeners = new Set<() => void>();
  return {
    subscribe(listener) {
      // A function of its own, so that the same listener can be there twice.
      const entry = (): void => listener();
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    notify() {
      for (const listener of [...listeners]) listener();
    },
  };
}
