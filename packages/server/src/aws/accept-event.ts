import type { Invocation } from "../domain/invocation.ts";
import type { Functions, Runnable } from "../services/functions/index.ts";
import { checkEvent } from "./invocation-input.ts";

/**
 * Hands an invocation over that nobody waits for. Resolves once it was accepted.
 * @throws AwsError where the event is none; YunqueError where there is no room for it
 */
export async function acceptEvent(
  functions: Functions,
  { deployment, qualifier }: Runnable,
  invocation: Invocation,
): Promise<void> {
  checkEvent(invocation.payload);
  const { account, region, functionName } = deployment;
  const { requestId, payload, invokedFunctionArn, traceId, clientContext } = invocation;
  // The event outlives the request that brought it, so the request's signal is not its own.
  await functions.enqueue({
    scope: { account, region },
    functionName,
    qualifier,
    invocation: {
      requestId,
      payload,
      invokedFunctionArn,
      traceId,
      ...(clientContext === undefined ? {} : { clientContext }),
    },
  });
}
