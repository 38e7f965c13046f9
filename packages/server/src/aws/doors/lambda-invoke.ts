import type { Invocation, InvocationStream } from "../../domain/invocation.ts";
import { traceIdOf } from "../../domain/trace-id.ts";
import type { Functions, Runnable } from "../../services/functions/index.ts";
import type { InvokeWithResponseStreamResponseEvent, LambdaApi } from "../api/lambda.ts";
import type { AwsContext, Door } from "../context.ts";
import { checkEvent, checkJson, clientContextOf, payloadOf } from "../invocation-input.ts";
import { refuseUnsupported } from "./lambda-input.ts";

/** Largest body of the deprecated InvokeAsync. */
const MAX_INVOKE_ARGS = 1_048_576;

/** What an invocation is about, however it was brought. */
interface Given {
  readonly Payload?: Uint8Array | undefined;
  readonly ClientContext?: string | undefined;
}

/** Invocations that do not take the short way of `routes/invoke.ts`: by ARN, streamed, or odd in another way. */
export function lambdaInvoke(functions: Functions): Door<LambdaApi> {
  async function accept(context: AwsContext, runnable: Runnable, input: Given): Promise<void> {
    const payload = payloadOf(input.Payload);
    checkEvent(payload);
    const { requestId } = context;
    const traceId = traceIdOf(
      context.headers["x-amzn-trace-id"],
      context.headers["traceparent"],
      Date.now(),
    );
    const clientContext = clientContextOf(input.ClientContext);
    await functions.accept(runnable, { requestId, payload, traceId, clientContext });
    traced(context, traceId);
  }

  function invocationOf(context: AwsContext, runnable: Runnable, input: Given): Invocation {
    const clientContext = clientContextOf(input.ClientContext);
    const traceId = traceIdOf(
      context.headers["x-amzn-trace-id"],
      context.headers["traceparent"],
      Date.now(),
    );
    return {
      requestId: context.requestId,
      kind: "sync",
      payload: payloadOf(input.Payload),
      invokedFunctionArn: runnable.invokedArn,
      traceId: functions.follow(runnable, traceId),
      ...(clientContext === undefined ? {} : { clientContext }),
      signal: context.signal,
    };
  }

  return {
    async Invoke(input, context) {
      refuseUnsupportedInvoke(input);
      const runnable = await functions.resolve(context, input.FunctionName, input.Qualifier);
      const ExecutedVersion = runnable.deployment.version;
      if (input.InvocationType === "DryRun") return { StatusCode: 204 };
      if (input.InvocationType === "Event") {
        await accept(context, runnable, input);
        return { StatusCode: 202 };
      }
      const invocation = invocationOf(context, runnable, input);
      const result = await functions.invoke(runnable, invocation);
      // The handler never saw what is no JSON: that is the caller's mistake, not the function's failure.
      if (result.functionError !== undefined) checkJson(invocation.payload);
      traced(context, invocation.traceId);
      context.reply.headers["content-type"] = "application/json";
      return {
        StatusCode: 200,
        ExecutedVersion,
        FunctionError: result.functionError,
        LogResult: input.LogType === "Tail" ? base64(result.logTail) : undefined,
        Payload: result.payload,
      };
    },

    async InvokeAsync(input, context) {
      const runnable = await functions.resolve(context, input.FunctionName);
      const payload = await collected(input.InvokeArgs);
      await accept(context, runnable, { Payload: payload });
      return { Status: 202 };
    },

    async InvokeWithResponseStream(input, context) {
      refuseUnsupportedInvoke(input);
      const runnable = await functions.resolve(context, input.FunctionName, input.Qualifier);
      if (input.InvocationType === "DryRun") return { StatusCode: 204 };
      const invocation = invocationOf(context, runnable, input);
      const stream = await functions.stream(runnable, invocation);
      traced(context, invocation.traceId);
      return {
        StatusCode: 200,
        ExecutedVersion: runnable.deployment.version,
        EventStream: eventsOf(stream, input.LogType === "Tail"),
      };
    },
  };
}

async function* eventsOf(
  stream: InvocationStream,
  tail: boolean,
): AsyncGenerator<InvokeWithResponseStreamResponseEvent> {
  for await (const chunk of stream.body) yield { PayloadChunk: { Payload: chunk } };
  const { errorCode, errorDetails, logTail } = await stream.completion;
  yield {
    InvokeComplete: {
      ErrorCode: errorCode,
      ErrorDetails: errorDetails,
      LogResult: tail ? base64(logTail) : undefined,
    },
  };
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    // One byte more than is allowed is enough to be refused.
    if (size > MAX_INVOKE_ARGS) return Buffer.alloc(MAX_INVOKE_ARGS + 1);
    parts.push(chunk);
  }
  return Buffer.concat(parts, size);
}

const refuseUnsupportedInvoke = (input: {
  readonly TenantId?: string | undefined;
  readonly DurableExecutionName?: string | undefined;
}) =>
  refuseUnsupported({ TenancyConfig: input.TenantId, DurableConfig: input.DurableExecutionName });

const traced = (context: AwsContext, traceId: string): void => {
  context.reply.headers["x-amzn-trace-id"] = traceId;
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
