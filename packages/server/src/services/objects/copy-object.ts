import type { ChecksumAlgorithm } from "../../domain/checksum.ts";
import {
  type ContentHeaders,
  limits,
  type ObjectAttributes,
  type StorageClass,
  type StoredObject,
} from "../../domain/object.ts";
import type { ReadConditions, WriteConditions } from "../../domain/object-conditions.ts";
import type { Tag } from "../../domain/object-tags.ts";
import { findWritableBucket } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { lookUpObject, type ObjectName, type VersionName } from "./find-object.ts";
import { getObject, type OpenObject } from "./get-object.ts";
import { type Expiry, expiryIn } from "./lifecycle.ts";
import { checkAttributes, describe, keepingNothing } from "./put-object.ts";
import { checkWriteConditions, replaceObject } from "./replace-object.ts";
import type { CustomerKey } from "./sealing.ts";
import { settled } from "./settings.ts";
import type { Caller, Store } from "./store.ts";
import { shownVersion } from "./versions.ts";
import { writeBody } from "./write-body.ts";

export interface CopySource extends VersionName {
  readonly conditions: ReadConditions;
  /** The source lies under this key. */
  readonly customer?: CustomerKey;
}

export interface CopyRequest extends ObjectName {
  readonly source: CopySource;
  /** New ones (directive REPLACE); absent: the source's (COPY). */
  readonly describe?: {
    readonly headers: ContentHeaders;
    readonly metadata: Record<string, string>;
  };
  readonly tags?: readonly Tag[];
  /** Never copied: STANDARD where the request names none. */
  readonly storageClass?: StorageClass;
  readonly websiteRedirect?: string;
  /** The copy lies under this key. */
  readonly customer?: CustomerKey;
  /** Never copied. */
  readonly settings?: Pick<ObjectAttributes, "acl" | "encryption" | "retention" | "legalHold">;
  readonly algorithm?: ChecksumAlgorithm;
  /** The request names an encryption: that is a change, too. */
  readonly encrypted: boolean;
  readonly conditions: WriteConditions;
}

/** What came of a copy, and which version it is of which version. */
export interface Copied {
  readonly object: StoredObject;
  readonly version: string | undefined;
  readonly sourceVersion: string | undefined;
  readonly expiry: Expiry | undefined;
}

/** Copies the bytes: an object never shares them with another one. */
export async function copyObject(
  store: Store,
  caller: Caller,
  request: CopyRequest,
): Promise<Copied> {
  const { source, key, conditions } = request;
  const { value: bucket } = await findWritableBucket(store, caller, request);
  checkWriteConditions(conditions, key, (await lookUpObject(store, bucket, key))?.value);
  const opened = await openSource(store, caller, source);
  const { object: original, bytes } = opened;
  try {
    checkCopySize(original.size);
    if (isSelfCopy(request)) throw objectError("CopyToItself");
    const attributes = settled(store, bucket, attributesOf(request, original));
    checkAttributes(attributes);
    const algorithm = request.algorithm ?? original.checksum.algorithm;
    const { customer } = request;
    const body = { bytes, ...(customer && { customer }) };
    const written = await writeBody(store.blobs, body, [algorithm]);
    const described = describe(store, attributes, written, algorithm);
    const object = await keepingNothing(store, [written.blob], () =>
      replaceObject(store, caller, request, { object: described, conditions, event: "Copy" }),
    );
    return {
      object,
      version: shownVersion(bucket, object),
      sourceVersion: original.version,
      expiry: await expiryIn(store, bucket, key, object),
    };
  } finally {
    await bytes[Symbol.asyncIterator]().return?.();
  }
}

/** @throws CopySourceTooLarge before five gigabytes were read in vain */
export function checkCopySize(size: number): void {
  if (size > limits.putBytes) throw objectError("CopySourceTooLarge", { size });
}

/** A copy's source with its bytes. Every condition that fails is a 412 here, and its name that of the copy's header. */
export async function openSource(
  store: Store,
  caller: Caller,
  source: CopySource & { readonly range?: string },
): Promise<OpenObject> {
  try {
    return await getObject(store, caller, source);
  } catch (error) {
    throw renamed(error, source.conditions);
  }
}

function renamed(error: unknown, { ifNoneMatch }: ReadConditions): unknown {
  if (!(error instanceof Object && "code" in error && "details" in error)) return error;
  if (error.code === "ObjectUnchanged") {
    const condition = ifNoneMatch === undefined ? "If-Modified-Since" : "If-None-Match";
    return objectError("ObjectConditionFailed", { condition: `x-amz-copy-source-${condition}` });
  }
  if (error.code !== "ObjectConditionFailed") return error;
  const { condition } = error.details as { condition: string };
  return objectError("ObjectConditionFailed", { condition: `x-amz-copy-source-${condition}` });
}

const isSelfCopy = (request: CopyRequest): boolean =>
  request.source.bucket === request.bucket &&
  request.source.key === request.key &&
  request.source.version === undefined && // an old version may become the current one so
  request.describe === undefined &&
  request.storageClass === undefined &&
  request.websiteRedirect === undefined &&
  request.algorithm === undefined &&
  !request.encrypted;

function attributesOf(request: CopyRequest, original: StoredObject) {
  const { describe = original, tags = original.tags, storageClass = "STANDARD" } = request;
  return {
    ...request.settings,
    headers: describe.headers,
    metadata: describe.metadata,
    tags,
    storageClass,
    ...(request.websiteRedirect !== undefined && { websiteRedirect: request.websiteRedirect }),
  };
}
