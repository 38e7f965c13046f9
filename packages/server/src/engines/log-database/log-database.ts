import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { logQueryError } from "../../ports/log-queries.ts";
import { storageError } from "../../ports/storage-errors.ts";
import type {
  FromDatabase,
  Request,
  RowsAnswer,
  RowsRequest,
  SealAnswer,
  SealRequest,
  ToDatabase,
} from "./protocol.ts";

const CHILD = join(import.meta.dirname, "child.ts");
/** The process ends after so long without a question. */
const IDLE_MS = 30_000;
const MEMORY_MB = 512;
/** Its nice value: where processors are short it has about a tenth of one. */
const BACKGROUND = 10;

interface Waiting {
  resolve(answer: RowsAnswer | SealAnswer): void;
  reject(error: unknown): void;
}

export interface LogDatabaseOptions {
  readonly idleMs?: number;
  /** Nobody waits for its answers: it leaves the processors to whoever has something to do. */
  readonly background?: boolean;
}

/** DuckDB in a process of its own, which is there while it is needed. */
export class LogDatabase {
  readonly #directory: string;
  readonly #idleMs: number;
  readonly #background: boolean;
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #next = 1;
  readonly #waiting = new Map<number, Waiting>();
  #closed = false;

  constructor(
    directory: string,
    { idleMs = IDLE_MS, background = false }: LogDatabaseOptions = {},
  ) {
    this.#directory = resolve(directory);
    this.#idleMs = idleMs;
    this.#background = background;
  }

  /** Of the process, while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  rows(request: Omit<RowsRequest, "kind">, signal?: AbortSignal): Promise<RowsAnswer> {
    return this.#ask({ kind: "rows", ...request }, signal) as Promise<RowsAnswer>;
  }

  seal(request: Omit<SealRequest, "kind">): Promise<SealAnswer> {
    return this.#ask({ kind: "seal", ...request }) as Promise<SealAnswer>;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.ref();
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGKILL");
      await ended;
    }
  }

  async #ask(request: Request, signal?: AbortSignal): Promise<RowsAnswer | SealAnswer> {
    signal?.throwIfAborted();
    if (this.#closed) throw storageError("StorageClosed", "the logs are closed");
    clearTimeout(this.#idle);
    const child = this.#started();
    child.channel?.ref();
    const id = this.#next++;
    const answer = Promise.withResolvers<RowsAnswer | SealAnswer>();
    this.#waiting.set(id, answer);
    const cancel = () => {
      child.send({ cancel: id } satisfies ToDatabase, () => undefined);
      answer.reject(signal?.reason);
    };
    signal?.addEventListener("abort", cancel, { once: true });
    // A channel that is gone is told of by "exit".
    child.send({ id, request } satisfies ToDatabase, () => undefined);
    try {
      return await answer.promise;
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) child.channel?.unref();
      if (this.#waiting.size === 0 && !this.#closed)
        this.#idle = setTimeout(() => this.#child?.disconnect(), this.#idleMs).unref();
    }
  }

  #started(): ChildProcess {
    if (this.#child) return this.#child;
    const threads = this.#background ? 1 : Math.min(4, availableParallelism());
    const args = [MEMORY_MB, threads, this.#background ? BACKGROUND : 0].map(String);
    const child = fork(CHILD, [this.#directory, ...args], {
      serialization: "advanced",
      execArgv: [],
      env: {},
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.on("message", (message) => this.#answered(message as FromDatabase));
    child.on("error", () => undefined); // "exit" follows, or the process could not be started
    const gone = () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      const error = logQueryError("LogQueryFailed", "The process of the log database ended.");
      for (const { reject } of this.#waiting.values()) reject(error);
    };
    child.on("exit", gone);
    child.on("error", gone);
    child.on("disconnect", gone);
    child.unref();
    child.channel?.unref();
    this.#child = child;
    return child;
  }

  #answered(message: FromDatabase): void {
    const waiting = this.#waiting.get(message.id);
    if ("answer" in message) waiting?.resolve(message.answer);
    else
      waiting?.reject(
        logQueryError(message.rejected ? "LogQueryRejected" : "LogQueryFailed", message.error),
      );
  }
}
