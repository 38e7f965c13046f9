import type { Deployment } from "../domain/deployment.ts";
import type { Invocation, InvocationResult, InvocationStream } from "../domain/invocation.ts";

/** Runs invocations in instances: finds or starts one, waits for it, and keeps the promises of Lambda's contract. */
export interface Executor {
  /**
   * Runs to the end and answers the whole result; a function's own failure (error, timeout, exit, out of memory) is a
   * result with `functionError`.
   * @throws ExecutorError where no instance could be had.
   */
  invoke(deployment: Deployment, invocation: Invocation): Promise<InvocationResult>;

  /** The same with the response as a stream; resolves when the handler first writes, or fails. */
  stream(deployment: Deployment, invocation: Invocation): Promise<InvocationStream>;

  /** An invocation may come soon: makes ready what takes time. Never fails. */
  expect(deployment: Deployment): void;

  /**
   * SnapStart: initialises an instance ahead of time; resolves once it waits.
   * @throws SnapshotError where it could not be initialised, ExecutorError where none could be had.
   */
  initialise(deployment: Deployment): Promise<void>;

  /** No new invocation will come for this deployment: its idle instances end now, busy ones when they are free. */
  retire(deploymentId: string): void;

  /** Which runtimes this machine can run, for example nodejs22.x. */
  readonly runtimes: ReadonlySet<string>;

  /** What really runs a runtime of this name here; undefined where nothing does. */
  runtimeVersion(name: string): Promise<RuntimeVersion | undefined>;

  /** For health and the console. */
  snapshot(): ExecutorSnapshot;

  /** Lets running invocations finish for at most `graceMs`, then ends every instance. */
  close(graceMs: number): Promise<void>;
}

export interface RuntimeVersion {
  /** For example nodejs:22.21.1, whatever the runtime's name asks for. */
  readonly version: string;
  /** Hex digest of the runtime's own code. */
  readonly hash: string;
}

export interface ExecutorSnapshot {
  /** What separates instances here: "none" until a sandbox is there. */
  readonly isolation: string;
  /** What was started ahead of time: processes that have booted, and walls that wait for a process. */
  readonly waiting: { readonly booted: number; readonly walls: number };
  readonly deployments: readonly {
    readonly deploymentId: string;
    readonly functionName: string;
    readonly version: string;
    readonly busy: number;
    readonly idle: number;
    readonly starting: number;
    readonly queued: number;
  }[];
}

/**
 * `concurrency`: the account's limit is reached; `closing`: the platform stops; `internal`: an instance could not be
 * started; `restore`, `restoreTimeout`: one that was initialised ahead of time could not be used.
 */
export type ExecutorFault =
  | "concurrency"
  | "queueFull"
  | "closing"
  | "internal"
  | "restore"
  | "restoreTimeout";

export class ExecutorError extends Error {
  override readonly name = "ExecutorError";
  readonly fault: ExecutorFault;

  constructor(fault: ExecutorFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** The handler could not be loaded ahead of time. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
  /** For example Runtime.ImportModuleError. */
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}
