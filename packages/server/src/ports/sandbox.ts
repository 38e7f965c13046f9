import type { Duplex, Readable } from "node:stream";

/** Starts a process for strangers' code, walled in as well as this machine can. One implementation per tier. */
export interface Sandbox {
  /** For example "none" or "bubblewrap"; health and doctor show it. */
  readonly tier: string;
  /** Which walls really stand here, in words for people. */
  readonly enforces: readonly string[];
  start(program: SandboxedProgram): SandboxedProcess;
}

export interface SandboxedProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited from the platform. */
  readonly environment: Readonly<Record<string, string>>;
  /** Working directory, private to this instance. */
  readonly directory: string;
  /** Open files of ours that the program gets as its descriptors 4, 5, ... */
  readonly descriptors?: readonly number[];
}

export interface SandboxedProcess {
  readonly pid: number;
  /** The channel of frames: the program's file descriptor 3. */
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once the process and all that it started are gone. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** SIGKILL to the process and to all that it started. Idempotent. */
  kill(): void;
  /** Resident memory of the process and what it started, in bytes; 0 once it is gone. */
  memory(): number;
}
