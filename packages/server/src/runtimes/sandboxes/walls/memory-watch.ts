/**
 * Holds programs to their memory where the kernel cannot: a control group counts /tmp and shared memory too, so its
 * wall has room for both, and what the processes themselves hold is looked at here, a few times a second.
 */

export interface Watched {
  /** Whether more is in use than allowed. */
  exceeds(): boolean;
  /** Called once where it is. */
  end(): void;
}

const INTERVAL_MS = 50;

export class MemoryWatch {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#look(), INTERVAL_MS).unref();
  }

  /** Idempotent. */
  remove(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const watched of this.#watched) {
      if (!watched.exceeds()) continue;
      this.remove(watched);
      watched.end();
    }
  }
}
