/** Names of the artists that submissions refer to, asked for once each. */

import { isPassing } from "@/app/token";

export type Names = ReadonlyMap<string, string>;

/** Reads `id` and `name` of the users with these ids; `status` is the answer's. */
export type FindUsers = (
  ids: string[],
) => PromiseLike<{ data: unknown; status?: number | undefined }>;

export interface Artists {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => Names;
  /** Those that are not known yet come later; where nobody answers they are asked for again. */
  want: (ids: Iterable<string>) => void;
}

/** Ids stand in the address of the request, which must not grow too long. */
const AT_ONCE = 100;
const MOST = 50_000;
/** In milliseconds. */
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 60_000;

export function createArtists(find: FindUsers): Artists {
  let names: Names = new Map();
  const asked = new Set<string>();
  /** What to ask for, in parts; the first of them comes next. */
  const waiting: string[][] = [];
  const listeners = new Set<() => void>();
  let isAsking = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const ask = async (): Promise<void> => {
    const [ids] = waiting;
    if (ids === undefined || isAsking || timer !== undefined || listeners.size === 0)
      return;
    isAsking = true;
    const found = await answerOf(find, ids);
    isAsking = false;
    if (found === null) wait();
    else {
      failures = 0;
      waiting.shift();
      learn(found);
      void ask();
    }
  };

  const wait = (): void => {
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures);
    failures += 1;
    timer = setTimeout(go, delay);
  };

  const go = (): void => {
    timer = undefined;
    void ask();
  };

  const learn = (found: [string, string][]): void => {
    if (found.length === 0) return;
    names = new Map([...names, ...found]);
    for (const listener of [...listeners]) listener();
  };

  return {
    /** Nothing is asked for while nobody looks. */
    subscribe(listener) {
      listeners.add(listener);
      void ask();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearTimeout(timer);
        timer = undefined;
      };
    },
    getSnapshot: () => names,
    want(ids) {
      const unknown = [...new Set(ids)].filter((id) => id !== "" && !asked.has(id));
      for (let at = 0; at < unknown.length && asked.size < MOST; at += AT_ONCE) {
        const some = unknown.slice(at, at + AT_ONCE);
        for (const id of some) asked.add(id);
        waiting.push(some);
      }
      void ask();
    },
  };
}

/** Null where it is worth asking again: nobody answered, or the token was refused. */
async function answerOf(
  find: FindUsers,
  ids: string[],
): Promise<[string, string][] | null> {
  try {
    const { data, status } = await find(ids);
    if (Array.isArray(data)) return namesIn(data);
    return status === 401 || isPassing(status) ? null : [];
  } catch {
    return null;
  }
}

function namesIn(data: unknown[]): [string, string][] {
  return (data as ({ id?: unknown; name?: unknown } | null)[]).flatMap((row) =>
    (typeof row?.id === "string" || typeof row?.id === "number") &&
    typeof row.name === "string"
      ? [[String(row.id), row.name] satisfies [string, string]]
      : [],
  );
}
