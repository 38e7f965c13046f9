/** The way of an invocation from a function's name to the executor. Warm, it awaits nothing but the executor. */
import type { Deployment } from "../../domain/deployment.ts";
import type { YunqueError } from "../../domain/errors.ts";
import { chooseVersion } from "../../domain/function.ts";
import { functionArn, LATEST } from "../../domain/function-name.ts";
import { programOf } from "../../domain/function-runtimes.ts";
import type { Invocation, InvocationResult, InvocationStream } from "../../domain/invocation.ts";
import { descend } from "../../domain/lineage.ts";
import type { SampledRequest } from "../../domain/sampling-rule.ts";
import type { Scope } from "../../domain/scope.ts";
import { type Executor, ExecutorError, type ThrottleReason } from "../../ports/executor.ts";
import type { InvocationMeter } from "../../ports/metering.ts";
import type { Dimensions } from "../../ports/metrics.ts";
import type { Catalog } from "./catalog.ts";
import type { FunctionsContext } from "./context.ts";
import { conflict, functionError } from "./errors.ts";
import type { Settler } from "./settle.ts";
import { functionNotFound } from "./store.ts";
import { kindOf, type Target, targetOf } from "./target.ts";
import { decided, traced } from "./tracing.ts";
import type { FunctionView } from "./view.ts";

/** A version that is ready to be invoked. */
export interface Runnable {
  readonly deployment: Deployment;
  /** As the caller qualified it; without a qualifier where the caller gave none. */
  readonly invokedArn: string;
  readonly qualifier: string | undefined;
  /** Undefined: it shares the account's. 0: nothing of it runs. */
  readonly reservedConcurrency: number | undefined;
  /** Names the function in the lineage of what it invokes; see domain/lineage.ts. */
  readonly lineage: string;
  /** The function is meant to call itself: its loops are not stopped. */
  readonly mayRecur: boolean;
  /** Whom its metrics are about. */
  readonly dimensions: Dimensions;
  /** Counts its invocations; absent where nobody does. */
  readonly meter?: InvocationMeter | undefined;
}

export interface InvokeOperations {
  /** What a name and a qualifier stand for, where that is in memory; else `resolve` knows. Never throws. */
  peek(scope: Scope, name: string, qualifier: string | undefined): Runnable | undefined;

  /** @throws YunqueError where the function, version or alias does not exist, or cannot run on this machine. */
  resolve(scope: Scope, functionName: string, qualifier?: string): Promise<Runnable>;

  /**
   * The trace header that a synchronous invocation goes on with, from the one that came with it.
   * @throws YunqueError `RecursiveInvocation` where the function's loop is to be stopped.
   */
  follow(runnable: Runnable, traceId: string): string;

  /** The trace header that a request for a function URL goes on with: whether it is recorded is decided. Never throws. */
  sample(runnable: Runnable, traceId: string, request?: SampledRequest): string;

  /** Runs to the end. A function's own failure is a result. @throws YunqueError where it could not be run. */
  invoke(runnable: Runnable, invocation: Invocation): Promise<InvocationResult>;

  /** The same with the response as a stream. */
  stream(runnable: Runnable, invocation: Invocation): Promise<InvocationStream>;
}

/** What invocations need of the rest of the service. */
export interface InvokeContext
  extends Pick<FunctionsContext, "random" | "metrics" | "tracer" | "metering"> {
  readonly catalog: Pick<Catalog, "peek" | "load"> & Partial<Pick<Catalog, "forget">>;
  readonly settler: Pick<Settler, "now">;
  readonly executor: Pick<Executor, "invoke" | "stream" | "runtimes">;
}

export function createInvoke(context: InvokeContext): InvokeOperations {
  const { catalog, settler, executor, random, tracer, metering } = context;

  function runnableOf(view: FunctionView, qualifier: string | undefined): Runnable | undefined {
    const version = versionFor(view, qualifier, random);
    if (version === undefined) return undefined;
    const key = `${version}/${qualifier ?? ""}`;
    const known = view.runnables.get(key);
    if (known !== undefined) return known;
    const deployment = view.deployments.get(version);
    if (deployment === undefined) return undefined;
    const runnable = {
      deployment,
      invokedArn: functionArn(view.scope, view.name, qualifier),
      qualifier,
      reservedConcurrency: view.head.reservedConcurrency,
      lineage: view.lineage,
      mayRecur: view.head.recursiveLoop === "Allow",
      dimensions: view.dimensions,
      meter: metering?.meter({
        account: deployment.account,
        region: deployment.region,
        functionName: deployment.functionName,
        version,
        qualifier,
        memoryMB: deployment.memoryMB,
        storageMB: deployment.ephemeralStorageMB,
        architecture: deployment.architecture,
        reserved: view.head.reservedConcurrency !== undefined,
        tags: view.head.tags,
      }),
    };
    view.runnables.set(key, runnable);
    return runnable;
  }

  /** Whether an invocation need not first be told something else. */
  const ready = (view: FunctionView, { deployment }: Runnable): boolean =>
    view.head.latest.state === "Active" &&
    (!deployment.snapStart || view.versions.get(deployment.version)?.state === "Active") &&
    executor.runtimes.has(deployment.runtime);

  return {
    peek(scope, name, qualifier) {
      const view = catalog.peek(scope, name);
      if (view === undefined) return undefined;
      const runnable = runnableOf(view, qualifier);
      return runnable !== undefined && ready(view, runnable) ? runnable : undefined;
    },

    async resolve(caller, functionName, asked) {
      const { scope, name, qualifier } = targetOf(caller, functionName, asked);
      let view = await catalog.load(scope, name);
      if (view !== undefined && view.head.latest.state === "Pending") {
        // Whoever invokes a function that was just created need not wait for it to become Active.
        await settler.now(scope, name);
        view = await catalog.load(scope, name);
      }
      if (view !== undefined && awaitsSnapshot(view, runnableOf(view, qualifier))) {
        // Somebody may have been told already that it is ready, before we were.
        void catalog.forget?.(scope, name);
        view = await catalog.load(scope, name);
      }
      const runnable = view && runnableOf(view, qualifier);
      if (view === undefined || runnable === undefined)
        throw notInvocable(view, { scope, name, qualifier });
      const { runtime } = runnable.deployment;
      if (!executor.runtimes.has(runtime))
        throw functionError("RuntimeUnavailable", cannotRun(runtime, executor.runtimes));
      checkSnapshot(view, runnable.deployment);
      return runnable;
    },

    follow(runnable, traceId) {
      const { lineage, mayRecur, dimensions } = runnable;
      const further = descend(decided(runnable, traceId, tracer), lineage, mayRecur);
      if (!further.looped) return further.traceId;
      context.metrics.count("RecursiveInvocationsDropped", dimensions);
      throw functionError("RecursiveInvocation", RECURSIVE);
    },

    sample: (runnable, traceId, request) => decided(runnable, traceId, tracer, request),

    async invoke({ deployment, qualifier, meter }, invocation) {
      const trace = traced(tracer, deployment, invocation);
      meter?.begun(invocation.payload.byteLength);
      try {
        const traceable = trace?.invocation ?? invocation;
        const result = await executor.invoke(deployment, traceable, qualifier);
        const { report, functionError, payload } = result;
        meter?.ended(report, functionError !== undefined, payload.byteLength);
        trace?.ended(
          result.report,
          result.functionError && Buffer.from(result.payload).toString("utf8"),
        );
        return result;
      } catch (error) {
        const throttled = error instanceof ExecutorError && error.fault === "throttled";
        meter?.refused(throttled);
        trace?.refused(throttled);
        return refuse(error);
      }
    },

    async stream({ deployment, qualifier, meter }, invocation) {
      const trace = traced(tracer, deployment, invocation);
      meter?.begun(invocation.payload.byteLength);
      try {
        const traceable = trace?.invocation ?? invocation;
        const stream = await executor.stream(deployment, traceable, qualifier);
        void stream.completion.then(({ report, errorCode, errorDetails }) => {
          meter?.ended(report, errorCode !== undefined, 0);
          trace?.ended(report, errorCode === undefined ? undefined : (errorDetails ?? errorCode));
        });
        return stream;
      } catch (error) {
        const throttled = error instanceof ExecutorError && error.fault === "throttled";
        meter?.refused(throttled);
        trace?.refused(throttled);
        return refuse(error);
      }
    },
  };
}

/** AWS Lambda, API reference, Invoke: RecursiveInvocationException. */
export const RECURSIVE =
  "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation.";

const awaitsSnapshot = (view: FunctionView, runnable: Runnable | undefined): boolean =>
  runnable?.deployment.snapStart === true &&
  view.versions.get(runnable.deployment.version)?.state === "Pending";

/** A version with SnapStart runs once it was initialised ahead of time. */
function checkSnapshot(view: FunctionView, { snapStart, version }: Deployment): void {
  if (!snapStart) return;
  const state = view.versions.get(version)?.state;
  // AWS Lambda, API reference, Invoke: SnapStartNotReadyException.
  if (state === "Pending")
    throw functionError(
      "SnapshotNotReady",
      "Lambda is initializing your function. You can invoke the function when the function state becomes Active.",
    );
  if (state === "Failed")
    throw conflict(
      `The operation cannot be performed at this time. The function is currently in the following state: ${state}`,
    );
}

function versionFor(
  view: FunctionView,
  qualifier: string | undefined,
  random: () => number,
): string | undefined {
  if (qualifier === undefined) return view.main;
  if (view.versions.has(qualifier)) return qualifier;
  const alias = view.aliases.get(qualifier);
  if (alias === undefined) return undefined;
  return alias.routing === undefined ? alias.version : chooseVersion(alias, random());
}

/** Lambda: of a function on a capacity provider only what was published runs. */
function notInvocable(view: FunctionView | undefined, target: Target): YunqueError {
  const { qualifier } = target;
  if (view === undefined || view.main === LATEST) return invokedNotFound(target);
  if (qualifier === undefined) return invokedNotFound({ ...target, qualifier: view.main });
  const names = view.aliases.get(qualifier)?.version ?? qualifier;
  if (names !== LATEST) return invokedNotFound(target);
  return conflict(
    "The operation cannot be performed at this time. The function is currently in the following state: ActiveNonInvocable",
  );
}

/** Lambda: Invoke names the version that it looked for, `$LATEST` where the caller named none. */
function invokedNotFound({ scope, name, qualifier = LATEST }: Target) {
  const known = kindOf(qualifier) === "other" ? LATEST : qualifier;
  return functionNotFound(functionArn(scope, name, known));
}

/** The executor's refusals in the words of the service. */
function refuse(error: unknown): never {
  if (!(error instanceof ExecutorError)) throw error;
  switch (error.fault) {
    case "throttled":
      throw throttled(error.reason ?? "ConcurrentInvocationLimitExceeded");
    case "closing":
      throw functionError("FunctionsClosing", error.message);
    case "internal":
      throw functionError("InvocationFailed", error.message);
    // AWS Lambda, API reference, Invoke: SnapStartException, SnapStartTimeoutException.
    case "restore":
      throw functionError(
        "RestoreFailed",
        "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs.",
      );
    case "restoreTimeout":
      throw functionError(
        "RestoreTimedOut",
        "Lambda couldn't restore the snapshot within the timeout limit.",
      );
  }
}

/** Rates are refilled within a second, and whoever is refused for want of concurrency may as well try again then. */
const RETRY_AFTER = "1";

/** Made once: whoever floods the platform is refused without a stack trace for each call. */
const throttlings = new Map<ThrottleReason, YunqueError>();

function throttled(reason: ThrottleReason): YunqueError {
  let error = throttlings.get(reason);
  if (!error) {
    error = functionError("FunctionThrottled", "Rate Exceeded.", {
      reason,
      // Recorded: AWS names no time where the function's own reservation is used up.
      ...(reason === "ReservedFunctionConcurrentInvocationLimitExceeded"
        ? {}
        : { retryAfterSeconds: RETRY_AFTER }),
    });
    throttlings.set(reason, error);
  }
  return error;
}

function cannotRun(runtime: string, runtimes: ReadonlySet<string>): string {
  const here = [...runtimes].sort().join(", ") || "nothing";
  const program = programOf(runtime);
  const remedy = program === undefined ? "" : ` It lacks ${program}: apt-get install ${program}.`;
  return `This machine cannot run ${runtime}. It runs: ${here}.${remedy} See yunque doctor.`;
}
