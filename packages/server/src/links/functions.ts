/** What other services know of functions: that they take messages, that they exist, where they log, how they are scaled. */
import { randomUUID } from "node:crypto";
import { YunqueError } from "../domain/errors.ts";
import { MAX_EVENT_BYTES } from "../domain/function-limits.ts";
import { parseFunctionReference } from "../domain/function-name.ts";
import { logGroupKey } from "../domain/log-group.ts";
import type { Scope } from "../domain/scope.ts";
import { newTraceId } from "../domain/trace-id.ts";
import { Undeliverable } from "../ports/targets.ts";
import type { ResourceCapacity, ScalableResources } from "../services/autoscaling/index.ts";
import type { Functions } from "../services/functions/index.ts";
import type { TargetKind } from "./targets.ts";

/** Messages become asynchronous invocations. */
export function functionTargets(functions: Functions): TargetKind {
  return {
    async deliver({ target, body, traceId = newTraceId(Date.now()) }) {
      if (body.length > MAX_EVENT_BYTES)
        throw new Undeliverable(`${body.length} bytes are too many for an event`);
      const runnable = await functions.resolve(scopeOf(target), target).catch((error: unknown) => {
        throw isMissing(error)
          ? new Undeliverable("the function does not exist", "RESOURCE_NOT_FOUND")
          : error;
      });
      await functions.accept(runnable, { requestId: randomUUID(), payload: body, traceId });
    },
    exists: existsIn(functions),
  };
}

/** Whether an ARN names a function, version or alias that exists. */
function existsIn(functions: Functions): (functionArn: string) => Promise<boolean> {
  return async (functionArn) => {
    const found = await unlessMissing(async () => functions.get(scopeOf(functionArn), functionArn));
    return found !== undefined;
  };
}

/** The log group of a function, where there is such a function. */
export function logGroupIn(
  functions: Functions,
  scope: Scope,
): (functionName: string) => Promise<string | undefined> {
  return async (functionName) => {
    const found = await unlessMissing(() => functions.get(scope, functionName));
    return found && logGroupKey(scope, found.version.settings.logging.group);
  };
}

/** The provisioned concurrency of versions and aliases, `function:NAME:QUALIFIER`, as something that can be scaled. */
export function scaleFunctions(functions: Functions): ScalableResources {
  const { provisioned } = functions;
  return {
    async exists(scope, resourceId) {
      const { name, qualifier } = versionNamed(resourceId);
      return (await unlessMissing(() => functions.get(scope, name, qualifier))) !== undefined;
    },
    async capacity(scope, resourceId) {
      const { name, qualifier } = versionNamed(resourceId);
      try {
        const { requested, status } = await provisioned.get(scope, name, qualifier);
        return { desired: requested, status: PROVISIONED[status] };
      } catch (error) {
        if (isMissing(error)) return undefined;
        if (error instanceof YunqueError && error.code === "ProvisionedUnknown")
          return { desired: 0, status: "ready" };
        throw error;
      }
    },
    async setCapacity(scope, resourceId, capacity) {
      const { name, qualifier } = versionNamed(resourceId);
      if (capacity === 0) await provisioned.delete(scope, name, qualifier);
      else await provisioned.put(scope, name, qualifier, capacity);
    },
    utilisation(scope, resourceId) {
      const { name, qualifier } = versionNamed(resourceId);
      return provisioned.utilisation(scope, name, qualifier);
    },
  };
}

const PROVISIONED = {
  READY: "ready",
  IN_PROGRESS: "changing",
  FAILED: "failed",
} as const satisfies Record<string, ResourceCapacity["status"]>;

function versionNamed(resourceId: string): { readonly name: string; readonly qualifier: string } {
  const [, name = "", qualifier = ""] = resourceId.split(":");
  return { name, qualifier };
}

function scopeOf(functionArn: string): Scope {
  const { account, region } = parseFunctionReference(functionArn) ?? {};
  if (account === undefined || region === undefined)
    throw new Undeliverable(`${functionArn} names no function`, "RESOURCE_NOT_FOUND");
  return { account, region };
}

async function unlessMissing<T>(get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Undeliverable ||
  (error instanceof YunqueError && error.code === "FunctionNotFound");
