import { unpack, ZipError } from "@yunque/server/package-tools";
import { Failure } from "../failure.ts";

/** Of functions that do not say how much they want. */
export const LAMBDA_MEMORY_MB = 128;
/** As the platform does: Lambda unpacks 250 MB, and no archive may take all inodes. */
export const LIMITS = { unpackedBytes: 262_144_000, files: 100_000 };

/**
 * Unpacks strangers' zip into a new directory, by the platform's own rules: nothing leaves it, and it is no larger than
 * it may be.
 * @throws Failure
 */
export function unpackInto(zip: Uint8Array, directory: string, name: string): void {
  try {
    unpack(zip, directory, LIMITS);
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw new Failure(`the zip of ${name} is refused: ${error.message}`);
  }
}
