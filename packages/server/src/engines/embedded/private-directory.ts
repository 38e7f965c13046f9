import { chmodSync, readdirSync, statSync } from "node:fs";

/** What platforms keep in their data directory; SQLite adds its own files to a database's name. */
const KNOWN =
  /^(admin-token|blobs|instances|lock\.(db|pid)|logs|packages|(queues|records)\.db|runtimes|sandbox)([.-].*)?$/;

/**
 * Shuts a data directory to other users: one that is new, or holds nothing but a platform's data. A directory that
 * holds other things besides (somebody's home, a project) has its mode for reasons of its own, and keeps it.
 * Call before anything is made in it; answers what does it.
 */
export function shutting(directory: string): () => void {
  if (!readIf(directory).every((name) => KNOWN.test(name))) return () => {};
  return () => {
    const { mode, uid } = statSync(directory);
    if (uid === process.getuid?.() && (mode & 0o077) !== 0) chmodSync(directory, 0o700);
  };
}

function readIf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // it is not there yet, or what uses it will say why it cannot be read
  }
}
