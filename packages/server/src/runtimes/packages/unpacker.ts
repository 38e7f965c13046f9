import { Worker } from "node:worker_threads";
import type { ZipLimits } from "../../domain/zip.ts";
import { PackageError } from "../../ports/packages.ts";
import { storageError } from "../../ports/storage-errors.ts";
import type { UnpackRequest, UnpackResult } from "./unpack-thread.ts";

/** A thread that had nothing to do for so long ends; the next archive starts another. */
const IDLE_MS = 10_000;

interface Waiting {
  readonly resolve: (size: number) => void;
  readonly reject: (error: Error) => void;
}

/** Unpacks archives in a thread, in the order of the calls. Keeps the process alive only while it works. */
export class Unpacker {
  readonly #limits: ZipLimits;
  #worker: Worker | undefined;
  #waiting: Waiting[] = [];
  #idle: NodeJS.Timeout | undefined;

  constructor(limits: ZipLimits) {
    this.#limits = limits;
  }

  /**
   * Takes the archive's memory over. On an error what was written stays.
   * @returns bytes unpacked.
   * @throws PackageError, YunqueError StorageFull, StorageFailed
   */
  unpack(zip: ArrayBuffer, directory: string): Promise<number> {
    clearTimeout(this.#idle);
    const worker = this.#start();
    const request: UnpackRequest = { zip, directory, limits: this.#limits };
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      worker.ref();
      worker.postMessage(request, [zip]);
    });
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("./unpack-thread.ts", import.meta.url), {
      name: "unpacker",
      execArgv: [],
    });
    this.#worker = worker;
    worker.on("message", (result: UnpackResult) => this.#settle(worker, result));
    worker.on("error", (error) => this.#lost(worker, String(error)));
    worker.on("exit", () => this.#lost(worker, "its thread ended"));
    return worker;
  }

  #settle(worker: Worker, result: UnpackResult): void {
    const waiting = this.#waiting.shift();
    if ("size" in result) waiting?.resolve(result.size);
    else waiting?.reject(errorOf(result));
    if (this.#waiting.length > 0) return;
    worker.unref();
    this.#idle = setTimeout(() => {
      if (this.#worker === worker) this.#worker = undefined;
      void worker.terminate();
    }, IDLE_MS).unref();
  }

  /** Nobody knows how far it came. The next archive gets another thread. */
  #lost(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.splice(0))
      reject(storageError("StorageFailed", `an archive could not be unpacked: ${reason}`));
  }
}

function errorOf(result: Exclude<UnpackResult, { size: number }>): Error {
  if ("fault" in result) return new PackageError(result.fault, result.message);
  const full = result.code === "ENOSPC" || result.code === "EDQUOT";
  return storageError(full ? "StorageFull" : "StorageFailed", result.message);
}
