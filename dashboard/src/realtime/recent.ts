/** A map that remembers what was put into it last, and forgets the rest. */

export class Recent<Value> {
  readonly #kept = new Map<string, Value>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  get(key: string): Value | undefined {
    return this.#kept.get(key);
  }

  set(key: string, value: Value): void {
    this.#kept.delete(key); // to the end of the order
    this.#kept.set(key, value);
    if (this.#kept.size > this.#limit)
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        return;
      }
  }

  clear(): void {
    this.#kept.clear();
  }
}
