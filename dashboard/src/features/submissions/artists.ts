/** Names of the artists that submissions refer to, asked for once each. */

export type Names = ReadonlyMap<string, string>;

/** Reads `id` and `name` of the users with these ids. */
export type FindUsers = (ids: string[]) => PromiseLike<{ data: unknown }>;

export interface Artists {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => Names;
  /** Those that are not known yet come later; what cannot be had is not asked for again. */
  want: (ids: Iterable<string>) => void;
}

/** Ids stand in the address of the request, which must not grow too long. */
const AT_ONCE = 100;
const MOST = 50_000;

export function createArtists(find: FindUsers): Artists {
  let names: Names = new Map();
  const asked = new Set<string>();
  const listeners = new Set<() => void>();
  let last: Promise<void> = Promise.resolve();

  const ask = async (ids: string[]): Promise<void> => {
    const { data } = await find(ids);
    const found = namesIn(data);
    if (found.length === 0) return;
    names = new Map([...names, ...found]);
    for (const listener of [...listeners]) listener();
  };

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => names,
    want(ids) {
      const unknown = [...new Set(ids)].filter((id) => id !== "" && !asked.has(id));
      for (let at = 0; at < unknown.length && asked.size < MOST; at += AT_ONCE) {
        const some = unknown.slice(at, at + AT_ONCE);
        for (const id of some) asked.add(id);
        last = last.then(() => ask(some)).catch(() => undefined);
      }
    },
  };
}

function namesIn(data: unknown): [string, string][] {
  if (!Array.isArray(data)) return [];
  return data.flatMap((row: { id?: unknown; name?: unknown } | null) =>
    (typeof row?.id === "string" || typeof row?.id === "number") &&
    typeof row.name === "string"
      ? [[String(row.id), row.name] satisfies [string, string]]
      : [],
  );
}
