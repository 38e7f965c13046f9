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

  /** No new invocation will come for this deployment: its idle instances end now, busy ones when they are free. */
  retire(deploymentId: string): void;

  /** Which runtimes this machine can run, for example nodejs22.x. */
  readonly runtimes: ReadonlySet<string>;

  /**
   * What functions of a runtime run on now; undefined where this machine cannot run it.
   * @throws Error where it could not be made ready.
   */
  runtimeVersion(runtime: string): Promise<RuntimeVersion | undefined>;

  /** For health and the console. */
  snapshot(): ExecutorSnapshot;

  /** Lets running invocations finish for at most `graceMs`, then ends every instance. */
  close(graceMs: number): Promise<void>;
}

/** What the functions of a runtime really run on. */
export interface RuntimeVersion {
  /** For example nodejs:22.21.1. */
  readonly version: string;
  /** Hex SHA-256, the same for the same version with the same bootstrap: the last part of its ARN. */
  readonly hash: string;
  /** Where another version stands in for the one that the runtime's name asks for: which, and what to do about it. */
  readonly standIn?: string;
}

export interface ExecutorSnapshot {
  /** What separates instances here: "none" until a sandbox is there. */
  readonly isolation: string;
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

/** `concurrency`: the account's limit is reached; `closing`: the platform stops; `internal`: an instance could not be started. */
export type ExecutorFault = "concurrency" | "queueFull" | "closing" | "internal";

export class ExecutorError extends Error {
  override readonly name = "ExecutorError";
  readonly fault: ExecutorFault;

  constructor(fault: ExecutorFault, message: string) {
    super(message);
    this.fault = fault;
  }
}
