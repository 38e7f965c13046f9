import type { Duplex, Readable } from "node:stream";

/** Starts a process for strangers' code, walled in as well as this machine can. One implementation per tier. */
export interface Sandbox {
  /** For example "none" or "bubblewrap"; health and doctor show it. */
  readonly tier: string;
  /** Which walls really stand here, in words for people. */
  readonly enforces: readonly string[];
  /** Which walls do not stand here, and the command that would raise them. */
  readonly lacks?: readonly SandboxGap[];
  /** Whether a program has a file system of its own. Else it sees the host's, and `filesystem` has no effect. */
  readonly ownFilesystem?: boolean;
  /** @throws Error where the program cannot be started, or not be kept to its network. */
  start(program: SandboxedProgram): SandboxedProcess;
  /** Forgets what was prepared for later starts. Every process must be gone. Idempotent. */
  close?(): void;
}

export interface SandboxGap {
  /** What a program can do, or what nobody holds it to. */
  readonly wall: string;
  /** What a person can do about it, a command where there is one. */
  readonly remedy: string;
}

export interface SandboxedProgram {
  /** Absolute, as the program sees it, like every path of `args`. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited from the platform. */
  readonly environment: Readonly<Record<string, string>>;
  /** Working directory, as the program sees it; without a file system of its own, private to this instance. */
  readonly directory: string;
  /**
   * Open files of ours that the program gets as its descriptors 4, 5, ... It may open them again with whatever rights
   * its user has there: nothing that others trust, and no directories.
   */
  readonly descriptors?: readonly number[];
  /** Without one: the system's own directories, and a /tmp of 512 MB. */
  readonly filesystem?: SandboxFilesystem;
  /** Without one nothing but the machine limits the program. */
  readonly limits?: SandboxLimits;
  /** Default: host. */
  readonly network?: SandboxNetwork;
}

/** What a program sees of the host's files besides /usr and the like; all of it read-only but /tmp. */
export interface SandboxFilesystem {
  /**
   * Files and directories that must be there at the start, and that anybody may read (the program is an ordinary
   * user). Whatever is linked or renamed into a source later, appears; so a program can be started before it is known
   * which code it will run. A target below an earlier mount must exist in that mount's source.
   */
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
  /** Size of /tmp, which lives as long as the program. Counts apart from `memoryMB`. */
  readonly tmpMB: number;
}

/** Each absent member: not limited. */
export interface SandboxLimits {
  /** Memory of the program and all that it starts; beyond it, it is killed. */
  readonly memoryMB?: number;
  /** Share of processor time, 1 = one core. */
  readonly cpus?: number;
  /** Processes and threads. */
  readonly processes?: number;
  /** Per process. Cannot be changed later. */
  readonly openFiles?: number;
}

/**
 * `host`: as the platform's own. `loopback-only`: a private network with nothing but its own 127.0.0.1. `none`: not
 * even that, only Unix sockets.
 */
export type SandboxNetwork = "host" | "loopback-only" | "none";

export interface SandboxedProcess {
  readonly pid: number;
  /** The channel of frames: the program's file descriptor 3. */
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once the process and all that it started are gone. */
  readonly exited: Promise<SandboxedExit>;
  /** SIGKILL to the process and to all that it started, which is then how it ended. Idempotent. */
  kill(): void;
  /** Resident memory of the process and what it started, in bytes; 0 once it is gone. */
  memory(): number;
  /** Changes these limits of the running program, and no others. Absent where nothing is enforced. */
  limit?(limits: Omit<SandboxLimits, "openFiles">): void;
  /** Stops every process of the program where it is, until thaw(). kill() works on a frozen one. */
  freeze?(): void;
  thaw?(): void;
}

export interface SandboxedExit {
  readonly code: number | null;
  /** For example SIGKILL. */
  readonly signal: string | null;
  /** It was killed because it needed more than `memoryMB`. */
  readonly outOfMemory?: true;
}
