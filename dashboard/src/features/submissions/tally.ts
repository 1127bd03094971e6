/** Counts submissions that changed, and tells how many once in a while. */

export interface Tally {
  add(id: string): void;
  stop(): void;
}

export function createTally(tell: (text: string) => void, pauseMs = 5_000): Tally {
  const ids = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = (): void => {
    timer = undefined;
    const count = ids.size;
    ids.clear();
    tell(count === 1 ? "1 submission changed" : `${count} submissions changed`);
  };
  return {
    add(id) {
      ids.add(id);
      timer ??= setTimeout(say, pauseMs);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
