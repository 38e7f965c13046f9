/**
 * Pipes for the output of programs. Node.js would give them sockets, which nobody can open by the name /dev/stderr: and
 * shell scripts do.
 */
import { constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One pipe. */
export interface Pipe {
  readonly reader: Socket;
  /** Descriptor for the program; to be closed here once the program has it. */
  readonly writer: number;
}

/** @throws Error where the directory for temporary files is full. */
export function openPipes(count: number): Pipe[] {
  const directory = mkdtempSync(join(tmpdir(), ".pipes-"));
  try {
    const paths = Array.from({ length: count }, (_, i) => join(directory, String(i)));
    const { spawnSync } = process.getBuiltinModule("node:child_process");
    const made = spawnSync("mkfifo", ["-m", "600", ...paths], { stdio: "ignore" });
    if (made.status !== 0) throw made.error ?? new Error("mkfifo failed");
    return paths.map(openPipe);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function openPipe(path: string): Pipe {
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  return { reader: new Socket({ fd: read, readable: true, writable: false }), writer };
}
