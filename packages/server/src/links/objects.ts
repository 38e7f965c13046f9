/** What other services do with buckets: they put objects there, and read code. */
import { randomUUID } from "node:crypto";
import { YunqueError } from "../domain/errors.ts";
import type { Scope } from "../domain/scope.ts";
import { Undeliverable } from "../ports/targets.ts";
import { type CodeObject, CodeObjectError } from "../services/functions/index.ts";
import type { Caller, Objects } from "../services/objects/index.ts";
import type { TargetKind } from "./targets.ts";

/** Messages become objects. `scope`: whose buckets; their ARNs do not say it. */
export function bucketTargets(objects: Objects, scope: Scope): TargetKind {
  return {
    async deliver({ target, body, object, sender, traceId }) {
      if (object === undefined) throw new Undeliverable(`no key for an object in ${target}`);
      const caller = {
        ...internalCaller(scope),
        principal: `AWS:${sender.service.split(".")[0]}`,
        ...(traceId === undefined ? {} : { traceId }),
      };
      const headers = { type: object.contentType };
      const bytes = (async function* () {
        yield body;
      })();
      await objects.putObject(caller, {
        bucket: nameOf(target),
        key: object.key,
        attributes: { headers, metadata: {}, tags: [], storageClass: "STANDARD" },
        body: { bytes },
        conditions: {},
        event: "Put",
      });
    },
    async exists(arn) {
      try {
        await objects.headBucket(internalCaller(scope), { bucket: nameOf(arn) });
        return true;
      } catch (error) {
        if (error instanceof YunqueError && error.code === "NoSuchBucket") return false;
        throw error;
      }
    },
  };
}

const nameOf = (bucketArn: string): string => bucketArn.split(":").at(-1) ?? "";

/** The whole of an object that holds a function's or a layer's zip. */
export async function readCode(
  objects: Objects,
  scope: Scope,
  { bucket, key, version }: CodeObject,
  maxBytes: number,
): Promise<Uint8Array> {
  const caller = internalCaller(scope);
  try {
    const { object, bytes } = await objects.getObject(caller, {
      bucket,
      key,
      version,
      conditions: {},
    });
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
  NoSuchObjectVersion: ["NoSuchVersion", "The specified version does not exist."],
  VersionIdInvalid: ["NoSuchVersion", "The specified version does not exist."],
  VersionIsMarker: ["NoSuchVersion", "The specified version does not exist."],
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
