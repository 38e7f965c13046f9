import { Worker } from "node:worker_threads";
import { YunqueError } from "../../domain/errors.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { type Answer, isFailure } from "./transaction.ts";
import type { WaitingCall, WriterMessage } from "./writer-thread.ts";

/** So much may wait for the disk; a caller beyond it is told to come again. */
const MAX_PENDING = 16_384;
const MAX_PENDING_BYTES = 64 << 20;

interface Pending<Call, Result> extends WaitingCall<Call> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Hands calls to a writer's thread (writer-thread.ts) and settles them as it answers, in order. The calls of one turn
 * of the event loop go over together.
 */
export class Writer<Call, Result> {
  readonly #name: string;
  readonly #thread: URL;
  readonly #path: string;
  #started: { readonly worker: Worker; readonly exited: Promise<void> } | undefined;
  /** Not settled yet, in order; the last `#unsent` of them are not handed over yet. */
  readonly #pending: Pending<Call, Result>[] = [];
  #unsent = 0;
  #pendingBytes = 0;
  #failure: YunqueError | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Its thread starts with the first call, or earlier by `start`.
   * @param name for people: "records"
   * @param thread the module that serves the database at `path`
   */
  constructor(name: string, thread: URL, path: string) {
    this.#name = name;
    this.#thread = thread;
    this.#path = path;
  }

  /** Starts the thread and does not wait for it: calls do, where they come first. */
  start(): void {
    this.#worker();
  }

  /**
   * @param bytes about how much memory the call takes
   * @throws YunqueError StorageBusy, StorageFull, StorageFailed
   */
  call(call: Call, bytes: number): Promise<Result> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#pending.length >= MAX_PENDING || this.#pendingBytes + bytes > MAX_PENDING_BYTES)
      return Promise.reject(
        storageError("StorageBusy", `too many writes to the ${this.#name} wait for the disk`),
      );
    return new Promise((resolve, reject) => {
      // A call under way keeps the process alive; an idle writer does not.
      if (this.#pending.length === 0) this.#worker().ref();
      this.#pending.push({ call, bytes, resolve, reject });
      this.#pendingBytes += bytes;
      if (++this.#unsent === 1) setImmediate(() => this.#send());
    });
  }

  /** Finishes the calls under way, then ends the thread. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (!this.#started) return;
    const { worker, exited } = this.#started;
    this.#send();
    worker.ref();
    this.#post(null);
    await exited;
  }

  #worker(): Worker {
    this.#started ??= this.#start();
    return this.#started.worker;
  }

  #start(): { readonly worker: Worker; readonly exited: Promise<void> } {
    const worker = new Worker(this.#thread, {
      name: `writer of ${this.#name}`,
      workerData: this.#path,
      execArgv: [],
    });
    worker.on("message", (answers: readonly Answer<Result>[]) => this.#settle(answers));
    worker.on("error", (error) => this.#fail(String(error)));
    const exited = new Promise<void>((resolve) => {
      worker.once("exit", () => {
        this.#fail("its thread ended");
        resolve();
      });
    });
    // Not before its listeners are there: the first of them takes the process in again.
    worker.unref();
    return { worker, exited };
  }

  #send(): void {
    if (this.#unsent === 0) return;
    const calls = this.#pending.slice(-this.#unsent);
    this.#unsent = 0;
    this.#post(calls.map(({ call, bytes }) => ({ call, bytes })));
  }

  #post(message: WriterMessage<Call>): void {
    this.#worker().postMessage(message);
  }

  #settle(answers: readonly Answer<Result>[]): void {
    const settled = this.#pending.splice(0, answers.length);
    if (this.#pending.length === 0) this.#worker().unref();
    for (const [index, answer] of answers.entries()) {
      const pending = settled[index];
      if (!pending) continue;
      this.#pendingBytes -= pending.bytes;
      if (isFailure(answer)) pending.reject(new YunqueError(answer.failure, answer.message));
      else pending.resolve(answer);
    }
  }

  /** The thread is gone, so nothing can be promised any more. */
  #fail(reason: string): void {
    this.#failure ??= storageError(
      "StorageFailed",
      `the writer of ${this.#name} is gone: ${reason}`,
    );
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
    this.#unsent = 0;
  }
}
