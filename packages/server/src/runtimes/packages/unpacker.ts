import { Worker } from "node:worker_threads";
import type { ZipLimits } from "../../domain/zip.ts";
import { PackageError } from "../../ports/packages.ts";
import { storageError } from "../../ports/storage-errors.ts";
import type { UnpackRequest, UnpackResult } from "./unpack-thread.ts";

/** A thread that had nothing to do for so long ends; the next archive starts another. */
const IDLE_MS = 10_000;

interface Running {
  readonly resolve: (result: UnpackResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Unpacks archives in a thread, one at a time, so that no more than one of them is in memory. Keeps the process alive
 * only while it works.
 */
export class Unpacker {
  readonly #limits: ZipLimits;
  #last: Promise<unknown> = Promise.resolve();
  #worker: Worker | undefined;
  #running: Running | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(limits: ZipLimits) {
    this.#limits = limits;
  }

  /**
   * Unpacks what `load` answers once its turn has come, and takes its memory over. On an error what was written stays.
   * @returns bytes unpacked.
   * @throws what `load` throws; PackageError, YunqueError StorageFull, StorageFailed
   */
  unpack(load: () => Promise<Uint8Array<ArrayBuffer>>, directory: string): Promise<number> {
    const size = this.#last.then(async () => {
      const result = await this.#run((await load()).buffer, directory);
      if ("size" in result) return result.size;
      throw errorOf(result);
    });
    this.#last = size.catch(() => undefined);
    return size;
  }

  #run(zip: ArrayBuffer, directory: string): Promise<UnpackResult> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const request: UnpackRequest = { zip, directory, limits: this.#limits };
    return new Promise((resolve, reject) => {
      this.#running = { resolve, reject };
      worker.ref();
      worker.postMessage(request, [zip]);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL("./unpack-thread.ts", import.meta.url), {
      name: "unpacker",
      execArgv: [],
    });
    worker.on("message", (result: UnpackResult) => {
      this.#running?.resolve(result);
      this.#running = undefined;
      this.#rest(worker);
    });
    worker.on("error", (error) => this.#lose(worker, String(error)));
    worker.on("exit", () => this.#lose(worker, "its thread ended"));
    return worker;
  }

  #rest(worker: Worker): void {
    worker.unref();
    this.#idle = setTimeout(() => {
      this.#worker = undefined;
      void worker.terminate();
    }, IDLE_MS).unref();
  }

  /** Nobody knows how far it came. The next archive gets another thread. */
  #lose(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const error = storageError("StorageFailed", `an archive could not be unpacked: ${reason}`);
    this.#running?.reject(error);
    this.#running = undefined;
  }
}

function errorOf(result: Exclude<UnpackResult, { size: number }>): Error {
  if ("fault" in result) return new PackageError(result.fault, result.message);
  const full = result.code === "ENOSPC" || result.code === "EDQUOT";
  return storageError(full ? "StorageFull" : "StorageFailed", result.message);
}
