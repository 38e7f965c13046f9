import type { ZipLimits } from "../../domain/zip.ts";
import type { Blobs } from "../../ports/blobs.ts";
import type { Packages } from "../../ports/packages.ts";
import type { Records } from "../../ports/records.ts";
import { PackageStore } from "./package-store.ts";
import { UnpackedPackages } from "./unpacked.ts";
import { Unpacker } from "./unpacker.ts";

/**
 * Lambda: 250 MB unzipped (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). It has no limit of
 * files; ours keeps one archive from taking all inodes.
 */
const LAMBDA_LIMITS: ZipLimits = { unpackedBytes: 262_144_000, files: 100_000 };

export interface PackagesOptions {
  readonly records: Records;
  /** For packages alone: sweep() deletes every other blob that was there at the start. */
  readonly blobs: Blobs;
  /** For packages alone, on this machine; made where it is missing. */
  readonly directory: string;
  /** Lambda's unless said. */
  readonly limits?: Partial<ZipLimits>;
}

export function createPackages(options: PackagesOptions): Packages {
  const { records, blobs, directory, limits } = options;
  const unpacker = new Unpacker({ ...LAMBDA_LIMITS, ...limits });
  return new PackageStore(records, blobs, new UnpackedPackages(directory), unpacker);
}
