import { type ChecksumAlgorithm, DEFAULT_ALGORITHM } from "../../domain/checksum.ts";
import {
  limits,
  metadataSize,
  type ObjectAttributes,
  type StoredObject,
} from "../../domain/object.ts";
import type { WriteConditions } from "../../domain/object-conditions.ts";
import { OBJECT_TAGS } from "../../domain/object-tags.ts";
import { mayHaveBeenKept } from "../../ports/storage-errors.ts";
import { findWritableBucket } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { lookUpObject, type ObjectName } from "./find-object.ts";
import { type Expiry, expiryIn } from "./lifecycle.ts";
import { checkWriteConditions, type NewObject, replaceObject } from "./replace-object.ts";
import { settled } from "./settings.ts";
import type { Caller, Store } from "./store.ts";
import { checkTags } from "./tags.ts";
import { type Incoming, type Written, writeBody } from "./write-body.ts";

export interface PutRequest extends ObjectName {
  readonly attributes: ObjectAttributes;
  readonly body: Incoming;
  /** What to keep where the body claims no checksum of its own. */
  readonly algorithm?: ChecksumAlgorithm;
  readonly conditions: WriteConditions;
  /** Post: a form of a browser. */
  readonly event: "Put" | "Post";
}

/** Whatever can be refused is refused before the first byte is read. */
export async function putObject(
  store: Store,
  caller: Caller,
  request: PutRequest,
): Promise<StoredObject & { readonly expiry?: Expiry }> {
  const { key, body, conditions, event } = request;
  checkAttributes(request.attributes);
  const { value: bucket } = await findWritableBucket(store, caller, request);
  const attributes = settled(store, bucket, request.attributes);
  checkWriteConditions(conditions, key, (await lookUpObject(store, bucket, key))?.value);
  const algorithm = body.checksum?.algorithm ?? request.algorithm ?? DEFAULT_ALGORITHM;
  const written = await writeBody(store.blobs, body, [algorithm]);
  const object = describe(store, attributes, written, algorithm);
  const made = await keepingNothing(store, [written.blob], () =>
    replaceObject(store, caller, request, { object, conditions, event }),
  );
  const expiry = bucket.expires && (await expiryIn(store, bucket, key, made));
  return expiry === undefined ? made : { ...made, expiry };
}

/** An object of one blob, as it is from now on. */
export function describe(
  store: Store,
  attributes: ObjectAttributes,
  { blob, iv, size, etag, checksums }: Written,
  algorithm: ChecksumAlgorithm,
): NewObject {
  return {
    ...attributes,
    size,
    etag,
    checksum: { algorithm, type: "FULL_OBJECT", value: checksums[algorithm] ?? "" },
    lastModified: store.clock.now(),
    body: { blob, ...(iv !== undefined && { iv }) },
  };
}

/** @throws MetadataTooLarge, TagInvalid */
export function checkAttributes({ metadata, tags }: ObjectAttributes): void {
  const size = metadataSize(metadata);
  if (size > limits.metadataBytes) throw objectError("MetadataTooLarge", { size });
  checkTags(tags, OBJECT_TAGS);
}

/** Runs a step that puts blobs into the records; where it fails, they go. Where nobody knows, the sweep will. */
export async function keepingNothing<T>(
  store: Store,
  blobs: readonly string[],
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!mayHaveBeenKept(error)) await store.blobs.discard(blobs);
    throw error;
  }
}
