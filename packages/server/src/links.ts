/** Where one service reaches another: code comes out of buckets, and events of buckets go to functions. */
import { randomUUID } from "node:crypto";
import { YunqueError } from "./domain/errors.ts";
import { parseFunctionReference } from "./domain/function-name.ts";
import type { Scope } from "./domain/scope.ts";
import { newTraceId } from "./domain/trace-id.ts";
import { type CodeObject, CodeObjectError, type Functions } from "./services/functions/index.ts";
import type { Deliver, Objects } from "./services/objects/index.ts";

/** A destination that will not come back: there is no use in trying again. */
class Gone extends Error {
  override readonly name = "Gone";
  readonly gone = true;
}

/** Messages become asynchronous invocations. */
export function deliverTo(functions: Functions): Deliver {
  return async (functionArn, payload) => {
    const scope = scopeOf(functionArn);
    const { deployment, invokedArn } = await functions
      .resolve(scope, functionArn)
      .catch((error: unknown) => {
        throw isMissing(error) ? new Gone(functionArn) : error;
      });
    functions.enqueue({
      scope,
      functionName: deployment.functionName,
      qualifier: parseFunctionReference(functionArn)?.qualifier,
      invocation: {
        requestId: randomUUID(),
        payload,
        invokedFunctionArn: invokedArn,
        traceId: newTraceId(Date.now()),
      },
    });
  };
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
  const caller = { ...scope, requestId: randomUUID(), hostId: "", principal: "", sourceIp: "" };
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

/** S3's words for why an object cannot be had, as Lambda repeats them. */
const CODE_OBJECT_ERRORS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  NoSuchBucket: ["NoSuchBucket", "The specified bucket does not exist"],
  NoSuchObject: ["NoSuchKey", "The specified key does not exist."],
  ObjectArchived: [
    "InvalidObjectState",
    "The operation is not valid for the object's storage class",
  ],
};

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
