import {
  chmodSync,
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileBytes, readZip, unpackedSize, type ZipLimits } from "../../domain/zip.ts";

/** Where the archive says nothing. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;

/**
 * Unpacks an archive into a new directory, waiting for the disk: for a thread of its own. Links come last, so that
 * nothing is written through one; directories get their modes at the very end. Nothing is fsynced (see Packages).
 * @returns bytes unpacked.
 * @throws ZipError, or the system's error; what was written so far stays then.
 */
export function unpack(zip: Uint8Array, directory: string, limits: ZipLimits): number {
  const entries = readZip(zip, limits);
  mkdirSync(directory, DIRECTORY_MODE);
  const made = new Set([directory]);
  const makeDirectory = (path: string): void => {
    if (made.has(path)) return;
    makeDirectory(dirname(path));
    mkdirSync(path);
    made.add(path);
  };
  for (const entry of entries) {
    const path = join(directory, entry.path);
    makeDirectory(entry.type === "directory" ? path : dirname(path));
    if (entry.type === "file") writeFile(path, fileBytes(zip, entry), entry.mode || FILE_MODE);
  }
  for (const entry of entries)
    if (entry.type === "link") symlinkSync(entry.target, join(directory, entry.path));
  const modes = new Map([...made].map((path) => [path, DIRECTORY_MODE]));
  for (const entry of entries)
    if (entry.type === "directory" && entry.mode !== 0)
      modes.set(join(directory, entry.path), entry.mode);
  // Their owner must be able to read and to delete them, whatever the archive says.
  for (const [path, mode] of modes) chmodSync(path, mode | 0o700);
  return unpackedSize(entries);
}

/** Fails where something is there already, even a link that leads nowhere. */
function writeFile(path: string, bytes: Uint8Array, mode: number): void {
  const fd = openSync(path, "wx", 0o600);
  try {
    writeFileSync(fd, bytes);
    fchmodSync(fd, mode | 0o400);
  } finally {
    closeSync(fd);
  }
}
