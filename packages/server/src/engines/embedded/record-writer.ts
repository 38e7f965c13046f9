import { Worker } from "node:worker_threads";
import { YunqueError } from "../../domain/errors.ts";
import { RecordConflict } from "../../ports/records.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { sizeOf, type Write } from "../record-rules.ts";
import type { Outcome } from "./group-commit.ts";
import type { WaitingCommit, WriterMessage } from "./record-writer-thread.ts";

/** So much may wait for the disk; a caller beyond it is told to come again. */
const MAX_PENDING = 16_384;
const MAX_PENDING_BYTES = 64 << 20;

interface Pending extends WaitingCommit {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Hands commits to the writer thread and settles them as it answers, in order. The commits of one turn of the event
 * loop go over together.
 */
export class RecordWriter {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  /** Not settled yet, in order; the last `#unsent` of them are not handed over yet. */
  readonly #pending: Pending[] = [];
  #unsent = 0;
  #pendingBytes = 0;
  #failure: YunqueError | undefined;
  #closing: Promise<void> | undefined;

  /** Starts the thread and does not wait for it: commits do, where they come first. */
  constructor(path: string) {
    this.#worker = new Worker(new URL("./record-writer-thread.ts", import.meta.url), {
      name: "record-writer",
      workerData: path,
      execArgv: [],
    });
    this.#worker.unref();
    this.#worker.on("message", (outcomes: readonly Outcome[]) => this.#settle(outcomes));
    this.#worker.on("error", (error) => this.#fail(String(error)));
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.#fail("its thread ended");
        resolve();
      });
    });
  }

  /** @throws RecordConflict, YunqueError StorageBusy, StorageFull, StorageFailed */
  commit(writes: readonly Write[]): Promise<void> {
    const bytes = sizeOf(writes);
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#pending.length >= MAX_PENDING || this.#pendingBytes + bytes > MAX_PENDING_BYTES)
      return Promise.reject(storageError("StorageBusy", "too many commits wait for the disk"));
    return new Promise((resolve, reject) => {
      // A commit under way keeps the process alive; an idle writer does not.
      if (this.#pending.length === 0) this.#worker.ref();
      this.#pending.push({ writes, bytes, resolve, reject });
      this.#pendingBytes += bytes;
      if (++this.#unsent === 1) setImmediate(() => this.#send());
    });
  }

  /** Finishes the commits under way, then ends the thread. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#send();
    this.#worker.ref();
    this.#post(null);
    await this.#exited;
  }

  #send(): void {
    if (this.#unsent === 0) return;
    const commits = this.#pending.slice(-this.#unsent);
    this.#unsent = 0;
    this.#post(commits.map(({ writes, bytes }) => ({ writes, bytes })));
  }

  #post(message: WriterMessage): void {
    this.#worker.postMessage(message);
  }

  #settle(outcomes: readonly Outcome[]): void {
    const settled = this.#pending.splice(0, outcomes.length);
    if (this.#pending.length === 0) this.#worker.unref();
    for (const [index, { writes, bytes, resolve, reject }] of settled.entries()) {
      this.#pendingBytes -= bytes;
      const error = errorOf(outcomes[index] ?? null, writes);
      if (error) reject(error);
      else resolve();
    }
  }

  /** The thread is gone, so nothing can be promised any more. */
  #fail(reason: string): void {
    this.#failure ??= storageError("StorageFailed", `the writer of records is gone: ${reason}`);
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
    this.#unsent = 0;
  }
}

function errorOf(outcome: Outcome, writes: readonly Write[]): Error | undefined {
  if (outcome === null) return undefined;
  if ("code" in outcome) return new YunqueError(outcome.code, outcome.message);
  const { space, id } = writes[outcome.conflict] ?? { space: "", id: "" };
  return new RecordConflict(space, id);
}
