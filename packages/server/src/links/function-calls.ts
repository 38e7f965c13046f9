/** Functions, called synchronously by pollers. */
import { YunqueError } from "../domain/errors.ts";
import { parseFunctionReference } from "../domain/function-name.ts";
import type { Scope } from "../domain/scope.ts";
import type { FunctionAnswer, FunctionCalls } from "../ports/function-calls.ts";
import type { Functions } from "../services/functions/index.ts";

export function functionCalls(functions: Functions): FunctionCalls {
  const runnableOf = async (functionArn: string) => {
    const reference = parseFunctionReference(functionArn);
    const { account = "", region = "", name = functionArn, qualifier } = reference ?? {};
    const scope = { account, region };
    return (
      functions.peek(scope, name, qualifier) ?? (await functions.resolve(scope, name, qualifier))
    );
  };
  return {
    async find(scope: Scope, functionName: string) {
      try {
        const { arn, version } = await functions.get(scope, functionName);
        const { settings, name } = version;
        return {
          arn,
          name,
          timeoutSeconds: settings.timeoutSeconds,
          role: settings.role,
        };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async follow(functionArn, traceId) {
      try {
        return functions.follow(await runnableOf(functionArn), traceId);
      } catch (error) {
        if (!(error instanceof YunqueError)) throw error;
        return error.code === "RecursiveInvocation" ? undefined : traceId;
      }
    },
    async call(functionArn, { requestId, payload, traceId }): Promise<FunctionAnswer> {
      try {
        const runnable = await runnableOf(functionArn);
        const result = await functions.invoke(runnable, {
          requestId,
          kind: "poll",
          payload,
          traceId,
          invokedFunctionArn: runnable.invokedArn,
          wantsLog: false,
        });
        const { functionError } = result;
        return {
          kind: "answered",
          executedVersion: runnable.deployment.version,
          payload: result.payload,
          ...(functionError === undefined ? {} : { functionError }),
        };
      } catch (error) {
        if (!(error instanceof YunqueError)) throw error;
        if (isMissing(error)) return { kind: "gone" };
        if (error.code === "FunctionsClosing") return { kind: "closing" };
        return { kind: "refused", why: error.message };
      }
    },
  };
}

const isMissing = (error: unknown): boolean =>
  error instanceof YunqueError && error.code === "FunctionNotFound";
