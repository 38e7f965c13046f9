import type { Deployment } from "../domain/deployment.ts";
import type { Invocation, InvocationResult, InvocationStream } from "../domain/invocation.ts";

/** Runs invocations in instances: finds or starts one, waits for it, and keeps the promises of Lambda's contract. */
export interface Executor {
  /**
   * Runs to the end and answers the whole result; a function's own failure (error, timeout, exit, out of memory) is a
   * result with `functionError`. `qualifier`: the version or alias that was called; its provisioned concurrency is used.
   * @throws ExecutorError where no instance could be had.
   */
  invoke(
    deployment: Deployment,
    invocation: Invocation,
    qualifier?: string,
  ): Promise<InvocationResult>;

  /** The same with the response as a stream; resolves when the handler first writes, or fails. */
  stream(
    deployment: Deployment,
    invocation: Invocation,
    qualifier?: string,
  ): Promise<InvocationStream>;

  /** What a function may use, and what is kept for it. Replaces what was said before; a function that is gone has none. */
  limit(functionArn: string, limits: FunctionConcurrency): void;

  /** How many invocations an account's functions without a reservation may have under way together, in one region. */
  limitAccount(account: string, region: string, unreserved: number): void;

  /** How far the provisioned concurrency of a version or alias is; undefined where it has none. */
  provisioned(functionArn: string, qualifier: string): ProvisionedState | undefined;

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

/** The concurrency of one function, all of its versions together. */
export interface FunctionConcurrency {
  /** Undefined: it shares what the account has left. */
  readonly reserved: number | undefined;
  readonly provisioned: readonly ProvisionedConcurrency[];
  /** Instances that are kept for invocations on demand, whether there are any or not. */
  readonly kept: readonly KeptInstances[];
  /** Capacity providers that it is on, and how many processors all instances on each may have together. */
  readonly providers?: readonly (readonly [provider: string, vcpus: number])[];
}

/** So many instances of a deployment. */
export interface KeptInstances {
  readonly deployment: Deployment;
  readonly instances: number;
}

/** Instances of a deployment that are initialised for whoever calls a version or alias. */
export interface ProvisionedConcurrency extends KeptInstances {
  readonly qualifier: string;
}

/** `ProvisionedState.failure` where more is to be kept than there are places for. */
export const NO_PLACES = "Places.Exhausted";

/** Numbers of instances. */
export interface ProvisionedState {
  /** Instances that are initialised, at work or not. While an alias moves: of both versions. */
  readonly available: number;
  /** Those that are at work. */
  readonly inUse: number;
  /** All are initialised that should be. */
  readonly ready: boolean;
  /** Why an instance could not be initialised, for example Runtime.ImportModuleError; it is tried again. */
  readonly failure: string | undefined;
}

/** Lambda's names for why an invocation is throttled: API reference, Invoke, TooManyRequestsException. */
export type ThrottleReason =
  | "ConcurrentInvocationLimitExceeded"
  | "ReservedFunctionConcurrentInvocationLimitExceeded"
  | "FunctionInvocationRateLimitExceeded"
  | "ReservedFunctionInvocationRateLimitExceeded"
  | "CallerRateLimitExceeded";

/**
 * `throttled`: a limit is reached; `closing`: the platform stops; `internal`: an instance could not be started;
 * `restore`, `restoreTimeout`: one that was initialised ahead of time could not be used.
 */
export type ExecutorFault = "throttled" | "closing" | "internal" | "restore" | "restoreTimeout";

export class ExecutorError extends Error {
  override readonly name = "ExecutorError";
  readonly fault: ExecutorFault;
  /** Of `throttled`: which limit. */
  readonly reason: ThrottleReason | undefined;

  constructor(fault: ExecutorFault, message: string, reason?: ThrottleReason) {
    super(message);
    this.fault = fault;
    this.reason = reason;
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
