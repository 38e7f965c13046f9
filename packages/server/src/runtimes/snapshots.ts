/** SnapStart: the instances of one deployment that were initialised ahead of time and wait to be restored. */
import type { Clock } from "../ports/clock.ts";
import { SnapshotError } from "../ports/executor.ts";
import type { Instance } from "./instance.ts";

/** So long after a snapshot was used the next one is made: whoever used it goes first. */
const REPLACE_MS = 500;

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

export class Snapshots {
  /** The oldest first. */
  #instances: Instance[] = [];
  #waiters: Waiter[] = [];
  /** One more will be made in a moment. */
  #replacing = false;

  get size(): number {
    return this.#instances.length;
  }

  get oldest(): Instance | undefined {
    return this.#instances[0];
  }

  /** Somebody waits for the next one. */
  get awaited(): boolean {
    return this.#waiters.length > 0;
  }

  /** Resolves with the next one that is added; rejects where it fails. */
  next(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  add(instance: Instance): void {
    this.#instances.push(instance);
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  take(): Instance | undefined {
    return this.#instances.shift();
  }

  /** Calls `make` in a moment, where there is none by then. */
  replace(clock: Clock, make: () => void): void {
    if (this.size > 0 || this.#replacing) return;
    this.#replacing = true;
    clock.after(REPLACE_MS, () => {
      this.#replacing = false;
      if (this.size === 0) make();
    });
  }

  delete(instance: Instance): void {
    this.#instances = this.#instances.filter((one) => one !== instance);
  }

  /** An instance could not be initialised; `error` is its error object, or a reason. */
  failed(errorType: string, error: Uint8Array): void {
    this.refuse(new SnapshotError(errorType, messageIn(error)));
  }

  refuse(error: Error): void {
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  /** Ends them all. */
  end(): void {
    for (const instance of this.#instances) instance.end();
  }
}

const LONGEST_MESSAGE = 1_000;

function messageIn(error: Uint8Array): string {
  const text = Buffer.from(error).toString();
  try {
    return String((JSON.parse(text) as { errorMessage?: unknown }).errorMessage).slice(
      0,
      LONGEST_MESSAGE,
    );
  } catch {
    return text.slice(0, LONGEST_MESSAGE);
  }
}
