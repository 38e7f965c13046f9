/** The rules of buckets by which objects expire, and what they say of an object. What they do: lifecycle-pass.ts. */
import { abortOf, expiryOf, type LifecycleDocument } from "../../domain/bucket-lifecycle.ts";
import type { StoredObject, Upload } from "../../domain/object.ts";
import type { BucketName } from "./buckets.ts";
import {
  deleteConfiguration,
  getConfiguration,
  putConfiguration,
  readConfiguration,
} from "./configurations.ts";
import type { Bucket, Caller, Store } from "./store.ts";

/** When an object expires, and by which rule. */
export interface Expiry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly rule: string;
}

export const getLifecycle = (
  store: Store,
  caller: Caller,
  name: BucketName,
): Promise<LifecycleDocument | undefined> =>
  getConfiguration<LifecycleDocument>(store, caller, { ...name, kind: "lifecycle" });

/** Replaces all rules; undefined deletes them. */
export async function putLifecycle(
  store: Store,
  caller: Caller,
  name: BucketName,
  document: LifecycleDocument | undefined,
): Promise<void> {
  const at = { ...name, kind: "lifecycle" } as const;
  const note = ({ expires: _, ...bucket }: Bucket): Bucket => ({
    ...bucket,
    ...(document !== undefined && { expires: true }),
  });
  if (document === undefined) await deleteConfiguration(store, caller, at, note);
  else await putConfiguration(store, caller, at, document, note);
}

/** What a bucket's rules say of the current version of an object. */
export async function expiryIn(
  store: Store,
  bucket: Bucket,
  key: string,
  object: StoredObject,
): Promise<Expiry | undefined> {
  if (bucket.expires === undefined) return undefined;
  const { size, tags, lastModified } = object;
  const lifecycle = await lifecycleOf(store, bucket);
  return expiryOf(lifecycle?.rules ?? [], { key, size, tags }, lastModified);
}

/** What a bucket's rules say of an upload that is not completed. */
export async function abortIn(
  store: Store,
  bucket: Bucket,
  { key, initiated }: Upload,
): Promise<Expiry | undefined> {
  if (bucket.expires === undefined) return undefined;
  return abortOf((await lifecycleOf(store, bucket))?.rules ?? [], key, initiated);
}

export const lifecycleOf = (store: Store, bucket: Bucket): Promise<LifecycleDocument | undefined> =>
  readConfiguration<LifecycleDocument>(store, bucket, { kind: "lifecycle" });
