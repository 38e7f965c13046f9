/** A file system of a few MiB of its own, for tests that fill it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

export interface SmallDisk {
  /** Not there yet. */
  readonly directory: string;
  /** Takes the room that is left, but for so many bytes. */
  fill(leave: number): void;
  /** Gives it back. */
  free(): void;
  /** What has to end before the disk can go; the last one first. */
  beforeUnmount(end: () => Promise<unknown>): void;
}

/** Mounted until the test ends. */
export function smallDisk(context: TestContext, mebibytes: number): SmallDisk {
  const mount = mkdtempSync(join(tmpdir(), "yunque-full-"));
  run("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "none", mount);
  const ends: (() => Promise<unknown>)[] = [];
  context.after(async () => {
    for (const end of ends.reverse()) await end();
    run("umount", mount);
    rmdirSync(mount);
  });
  const ballast = join(mount, "ballast");
  const reserve = join(mount, "reserve");
  return {
    directory: join(mount, "data"),
    fill(leave) {
      writeFileSync(reserve, Buffer.alloc(leave));
      for (let size = 16 << 20; size >= 512; size >>= 1)
        try {
          for (;;) writeFileSync(ballast, Buffer.alloc(size), { flag: "a" });
        } catch {
          // No room for that much: try half of it.
        }
      rmSync(reserve);
    },
    free: () => rmSync(ballast),
    beforeUnmount: (end) => ends.push(end),
  };
}

/** Why no small file system can be had here; false where one can. */
export function cannotMount(): string | false {
  if (process.platform !== "linux") return "a full disk needs tmpfs (Linux)";
  if (process.getuid?.() !== 0) return "a full disk needs root, to mount a small tmpfs";
  const probe = mkdtempSync(join(tmpdir(), "yunque-mount-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", probe]);
  if (status === 0) spawnSync("umount", [probe]);
  rmdirSync(probe);
  return status === 0 ? false : "a full disk needs leave to mount a small tmpfs";
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}
