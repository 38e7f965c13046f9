/** Who wants to hear of which key. Listeners are called one after another; one that throws harms nobody else. */
export class Watchers<Event> {
  readonly #listeners = new Map<string, Set<(event: Event) => void>>();

  /** Returns the function that ends it. The same listener may be added twice. */
  add(key: string, listener: (event: Event) => void): () => void {
    const own = (event: Event) => listener(event);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(key) === listeners)
        this.#listeners.delete(key);
    };
  }

  has(key: string): boolean {
    return this.#listeners.has(key);
  }

  notify(key: string, event: Event): void {
    for (const listener of [...(this.#listeners.get(key) ?? [])]) {
      try {
        listener(event);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
