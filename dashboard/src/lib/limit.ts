/** How much is remembered: the oldest keys of a map leave. */

/** Maps keep the order of their keys: the first were put in first. */
export function limit(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
