/**
 * Where one service reaches another: code comes out of buckets, events of buckets go to functions, what is told of
 * asynchronous invocations to functions and buckets, and the provisioned concurrency of functions is scaled.
 */
import { randomUUID } from "node:crypto";
import { YunqueError } from "./domain/errors.ts";
import { MAX_EVENT_BYTES } from "./domain/function-limits.ts";
import { parseFunctionReference } from "./domain/function-name.ts";
import { recordKey } from "./domain/invocation-record.ts";
import type { Scope } from "./domain/scope.ts";
import { newTraceId } from "./domain/trace-id.ts";
import { type Delivery, type Destinations, Undeliverable } from "./ports/destinations.ts";
import type { ResourceCapacity, ScalableResources } from "./services/autoscaling/index.ts";
import { type CodeObject, CodeObjectError, type Functions } from "./services/functions/index.ts";
import type { Caller, Deliver, Objects } from "./services/objects/index.ts";

/** A destination that will not come back: there is no use in trying again. */
class Gone extends Error {
  override readonly name = "Gone";
  readonly gone = true;
}

/** Messages become asynchronous invocations. */
export function deliverTo(functions: Functions): Deliver {
  return async (functionArn, payload, traceId = newTraceId(Date.now())) => {
    const runnable = await functions
      .resolve(scopeOf(functionArn), functionArn)
      .catch((error: unknown) => {
        throw isMissing(error) ? new Gone(functionArn) : error;
      });
    await functions.accept(runnable, { requestId: randomUUID(), payload, traceId });
  };
}

/** Records of asynchronous invocations become invocations of other functions, and objects in buckets. */
export function destinationsIn(functions: () => Functions, objects: () => Objects): Destinations {
  return {
    async deliver(delivery) {
      const { destination, body, traceId } = delivery;
      const service = destination.split(":")[2] ?? "";
      if (service === "lambda") {
        if (body.length > MAX_EVENT_BYTES)
          throw new Undeliverable(`${body.length} bytes are too many for an event`);
        await invokeWith(functions(), destination, body, traceId);
      } else if (service === "s3") await keepRecord(objects(), delivery);
      else throw new Error(`${service} is not there yet`);
    },
  };
}

async function invokeWith(
  functions: Functions,
  functionArn: string,
  payload: Uint8Array,
  traceId: string,
): Promise<void> {
  try {
    await deliverTo(functions)(functionArn, payload, traceId);
  } catch (error) {
    throw error instanceof Gone ? new Undeliverable("the function does not exist") : error;
  }
}

async function keepRecord(
  objects: Objects,
  { destination, functionArn, body, traceId }: Delivery,
): Promise<void> {
  const { account = "", region = "", name = "" } = parseFunctionReference(functionArn) ?? {};
  const bucket = destination.split(":").at(-1) ?? "";
  const caller = { ...internalCaller({ account, region }), principal: "AWS:lambda", traceId };
  const headers = { type: "application/json" };
  const attributes = { headers, metadata: {}, tags: [], storageClass: "STANDARD" } as const;
  const key = recordKey(name, new Date(), randomUUID());
  const bytes = (async function* () {
    yield body;
  })();
  const request = {
    bucket,
    key,
    attributes,
    body: { bytes },
    conditions: {},
    event: "Put",
  } as const;
  await objects.putObject(caller, request);
}

/** Whether an ARN names a function, version or alias that exists. */
export function existsIn(functions: Functions): (functionArn: string) => Promise<boolean> {
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
    return found?.version.settings.logging.group;
  };
}

/** The whole of an object that holds a function's or a layer's zip. */
export async function readCode(
  objects: Objects,
  scope: Scope,
  { bucket, key, version }: CodeObject,
  maxBytes: number,
): Promise<Uint8Array> {
  if (version !== undefined && version !== "null")
    throw new CodeObjectError("NoSuchVersion", "The specified version does not exist.");
  const caller = internalCaller(scope);
  try {
    const { object, bytes } = await objects.getObject(caller, { bucket, key, conditions: {} });
    if (object.size > maxBytes) {
      await bytes[Symbol.asyncIterator]().return?.();
      throw new CodeObjectError("EntityTooLarge", `The object is larger than ${maxBytes} bytes.`);
    }
    const whole = new Uint8Array(object.size);
    let at = 0;
    for await (const chunk of bytes) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  } catch (error) {
    const words = error instanceof YunqueError ? CODE_OBJECT_ERRORS[error.code] : undefined;
    throw words === undefined ? error : new CodeObjectError(...words);
  }
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

/** S3's words for why an object cannot be had, as Lambda repeats them. */
const CODE_OBJECT_ERRORS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  NoSuchBucket: ["NoSuchBucket", "The specified bucket does not exist"],
  NoSuchObject: ["NoSuchKey", "The specified key does not exist."],
  ObjectArchived: [
    "InvalidObjectState",
    "The operation is not valid for the object's storage class",
  ],
};

/** The platform itself, on behalf of an account. */
const internalCaller = (scope: Scope): Caller => ({
  ...scope,
  requestId: randomUUID(),
  hostId: "",
  principal: "",
  sourceIp: "",
});

function scopeOf(functionArn: string): Scope {
  const { account, region } = parseFunctionReference(functionArn) ?? {};
  if (account === undefined || region === undefined) throw new Gone(functionArn);
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
  error instanceof Gone || (error instanceof YunqueError && error.code === "FunctionNotFound");
