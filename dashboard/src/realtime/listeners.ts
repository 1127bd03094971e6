/** Those who want to hear of something. */

export class Listeners<Arguments extends unknown[]> {
  readonly #listeners = new Set<(...told: Arguments) => void>();

  /** Returns how to stop; the same function twice is heard twice. */
  add(listener: (...told: Arguments) => void): () => void {
    const own = (...told: Arguments): void => listener(...told);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** What a listener throws reaches neither us nor the others: it is reported, as the page does. */
  tell(...told: Arguments): void {
    for (const listener of [...this.#listeners])
      try {
        if (this.#listeners.has(listener)) listener(...told);
      } catch (error) {
        setTimeout(() => {
          throw error;
        });
      }
  }
}
