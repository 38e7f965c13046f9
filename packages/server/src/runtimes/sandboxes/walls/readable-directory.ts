import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** Makes a directory below `root`, each level readable for everybody, whatever the platform's umask is. */
export function makeReadable(root: string, path = "."): void {
  if (dirname(path) !== path) makeReadable(root, dirname(path));
  mkdirSync(join(root, path), { recursive: true });
  chmodSync(join(root, path), 0o755);
}
