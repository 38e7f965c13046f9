/** Something to do once, after everything that arrived in this turn of the event loop was looked at. */
export interface TickTask {
  endOfTick(): void;
}

/**
 * Gathers what a turn of the event loop brings, so that it leaves together: one write per instance, one batch of log
 * lines. And it waits for what was already there: when an answer has been read, whatever the instance wrote to its
 * other streams before it is read in the same turn.
 */
export class Tick {
  #tasks = new Set<TickTask>();
  #scheduled = false;

  /** A task that is added while the tasks run still runs in this turn. */
  add(task: TickTask): void {
    this.#tasks.add(task);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    try {
      for (const task of this.#tasks) {
        this.#tasks.delete(task);
        task.endOfTick();
      }
    } finally {
      this.#scheduled = false;
    }
  };
}

/** Calls back after the event loop has read everything that had been written to us when this was called. */
export function afterPoll(callback: () => void): void {
  // The first one may run in the turn whose reading is already over.
  setImmediate(() => setImmediate(callback));
}
