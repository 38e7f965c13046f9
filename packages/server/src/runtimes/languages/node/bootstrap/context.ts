import type { InvokeFrame } from "../../../wire/invoke-frame.ts";

/** The `context` argument of a handler. */
export interface Context {
  readonly functionVersion: string | undefined;
  readonly functionName: string | undefined;
  /** A string, as in Lambda. */
  readonly memoryLimitInMB: string | undefined;
  readonly logGroupName: string | undefined;
  readonly logStreamName: string | undefined;
  readonly clientContext: unknown;
  readonly identity: undefined;
  readonly invokedFunctionArn: string;
  readonly awsRequestId: string;
  readonly getRemainingTimeInMillis: () => number;
  /** Where several invocations run at once: the environment cannot say it then. */
  readonly xRayTraceId?: string | undefined;
}

/** What makes the context of each invocation: what does not change is read from the environment once. */
export type ContextMaker = (frame: InvokeFrame, deadline: number) => Context;

/**
 * A deadline is in milliseconds since the epoch. The maker throws an Error where the client context is no JSON, in
 * Lambda's words.
 */
export function contextMaker(environment: NodeJS.ProcessEnv): ContextMaker {
  const functionVersion = environment["AWS_LAMBDA_FUNCTION_VERSION"];
  const functionName = environment["AWS_LAMBDA_FUNCTION_NAME"];
  const memoryLimitInMB = environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"];
  const logGroupName = environment["AWS_LAMBDA_LOG_GROUP_NAME"];
  const logStreamName = environment["AWS_LAMBDA_LOG_STREAM_NAME"];
  return (frame, deadline) => ({
    functionVersion,
    functionName,
    memoryLimitInMB,
    logGroupName,
    logStreamName,
    clientContext: frame.clientContext === undefined ? undefined : parse(frame.clientContext),
    identity: undefined,
    invokedFunctionArn: frame.invokedFunctionArn,
    awsRequestId: frame.requestId,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  });
}

/** As contextMaker, for instances that run several invocations at once. */
export function contextWithTrace(environment: NodeJS.ProcessEnv): ContextMaker {
  const context = contextMaker(environment);
  return (frame, deadline) => ({
    ...context(frame, deadline),
    xRayTraceId: frame.traceId || undefined,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ClientContext as json: ${String(error)}`);
  }
}
