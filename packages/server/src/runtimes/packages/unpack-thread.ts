/** A thread that unpacks archives, one after another, so that the platform serves meanwhile. */
import { parentPort } from "node:worker_threads";
import type { ZipLimits } from "../../domain/zip.ts";
import { ZipError, type ZipFault } from "../../domain/zip-error.ts";
import { unpack } from "./unpack.ts";

export interface UnpackRequest {
  readonly zip: ArrayBuffer;
  readonly directory: string;
  readonly limits: ZipLimits;
}

/** `fault`: the archive's own; `code`: the system's. */
export type UnpackResult =
  | { readonly size: number }
  | { readonly fault: ZipFault; readonly message: string }
  | { readonly code: string | undefined; readonly message: string };

parentPort?.on("message", (request: UnpackRequest) => {
  parentPort?.postMessage(answer(request));
});

function answer({ zip, directory, limits }: UnpackRequest): UnpackResult {
  try {
    return { size: unpack(new Uint8Array(zip), directory, limits) };
  } catch (error) {
    if (error instanceof ZipError) return { fault: error.fault, message: error.message };
    const { code, message } = error as NodeJS.ErrnoException;
    return { code, message };
  }
}
