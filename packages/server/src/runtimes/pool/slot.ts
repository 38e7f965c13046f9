/**
 * What a generic process sees as /var/task, /opt and its compiled code: empty directories, mounted before it is known
 * what will be put into them.
 */
import { randomUUID } from "node:crypto";
import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Host paths. */
export interface Slot {
  readonly taskRoot: string;
  readonly layers: string;
  readonly codeCache: string;
  /** Removes it with what was put into it. The process must be gone. */
  discard(): Promise<void>;
}

/** Makes a slot below `root`, which lies on the same disk as the packages. */
export async function makeSlot(root: string): Promise<Slot> {
  const directory = join(root, randomUUID());
  const taskRoot = join(directory, "task");
  const layers = join(directory, "opt");
  const codeCache = join(directory, "code");
  await mkdir(directory, { mode: 0o700 });
  await Promise.all([taskRoot, layers, codeCache].map(makeReadable));
  return {
    taskRoot,
    layers,
    codeCache,
    // What cannot be deleted now goes when the platform starts again.
    discard: () => rm(directory, { recursive: true, force: true }).catch(() => {}),
  };
}

async function makeReadable(path: string): Promise<void> {
  await mkdir(path);
  await chmod(path, 0o755); // whatever the umask is: instances are ordinary users in a sandbox
}
