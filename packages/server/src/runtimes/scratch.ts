/**
 * The directories that handlers write to: /tmp of an instance, which outlives it where it timed out or crashed.
 * Lambda: the next instance in its place finds the files again, while everything in memory is new.
 */
import { createHash, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";

/** Hands out the directories of one deployment. */
export interface Scratch {
  /** A directory for one instance: one that was left behind, else a new name. */
  take(): string;
  /** The instance is gone, its files stay for the next one. */
  leave(directory: string): void;
  /** The instance is gone, and so are its files. */
  discard(directory: string): void;
  /** Discards every directory that was left behind. */
  clear(): void;
}

/** The scratch directories of one deployment, below `root`. */
export function deploymentScratch(root: string, deploymentId: string): Scratch {
  const prefix = createHash("sha256").update(deploymentId).digest("hex").slice(0, 16);
  const left: string[] = [];
  const discard = (directory: string): void => {
    // What cannot be deleted now goes when the platform starts again.
    rm(directory, { recursive: true, force: true }).catch(() => {});
  };
  return {
    take: () => left.pop() ?? join(root, `${prefix}-${randomUUID().slice(0, 8)}`),
    leave: (directory) => void left.push(directory),
    discard,
    clear: () => left.splice(0).forEach(discard),
  };
}
