/**
 * What a bucket is told about itself and gives back: one document per kind, or many with ids of their own. They lie apart
 * from the bucket's record, which every request reads; what every write needs of them is in that record.
 */
import type { Change, Listed, Versioned } from "../../ports/records.ts";
import {
  type BucketName,
  bucketChange,
  findBucket,
  findWritableBucket,
  stillThere,
} from "./buckets.ts";
import { objectError } from "./errors.ts";
import { type Bucket, type Caller, configurationsSpace, retried, type Store } from "./store.ts";

export type ConfigurationKind =
  | "accelerate"
  | "acl"
  | "analytics"
  | "cors"
  | "inventory"
  | "lifecycle"
  | "logging"
  | "metrics"
  | "payment"
  | "policy"
  | "public-access"
  | "tiering"
  | "website";

/** Which document: `id` where the kind has many. */
export interface ConfigurationName extends BucketName {
  readonly kind: ConfigurationKind;
  readonly id?: string;
}

/** Documents with ids that a bucket may have of one kind. */
const MOST = 1000;

export async function getConfiguration<T extends object>(
  store: Store,
  caller: Caller,
  name: ConfigurationName,
): Promise<T | undefined> {
  const { value: bucket } = await findBucket(store, caller, name);
  return readConfiguration<T>(store, bucket, name);
}

/** @throws ConfigurationsTooMany */
export async function putConfiguration(
  store: Store,
  caller: Caller,
  name: ConfigurationName,
  document: object,
  /** What the bucket's record says of it. */
  note?: (bucket: Bucket) => Bucket,
): Promise<void> {
  await retried(async () => {
    const bucket = await findWritableBucket(store, caller, name);
    const at = { space: configurationsSpace(bucket.value), id: recordId(name) };
    const before = await store.records.get(at.space, at.id);
    if (before === undefined && name.id !== undefined) {
      const prefix = `${name.kind}/`;
      const all = await store.records.list(at.space, { prefix, limit: MOST });
      if (all.length >= MOST) throw objectError("ConfigurationsTooMany", { limit: MOST });
    }
    await store.records.commit([
      { put: document, ...at, expect: before?.revision ?? 0 },
      noted(bucket, note),
    ]);
  });
}

/** @throws ConfigurationMissing where there is none of this id; of a kind without ids that is no error. */
export async function deleteConfiguration(
  store: Store,
  caller: Caller,
  name: ConfigurationName,
  note?: (bucket: Bucket) => Bucket,
): Promise<void> {
  await retried(async () => {
    const bucket = await findWritableBucket(store, caller, name);
    const at = { space: configurationsSpace(bucket.value), id: recordId(name) };
    const before = await store.records.get(at.space, at.id);
    if (before === undefined) {
      if (name.id !== undefined) throw objectError("ConfigurationMissing");
      return;
    }
    await store.records.commit([
      { delete: true, ...at, expect: before.revision },
      noted(bucket, note),
    ]);
  });
}

const noted = (bucket: Versioned<Bucket>, note?: (bucket: Bucket) => Bucket): Change =>
  note === undefined ? stillThere(bucket) : bucketChange(note(bucket.value), bucket.revision);

/** Documents of a kind by their ids, behind `after`. */
export async function listConfigurations<T extends object>(
  store: Store,
  caller: Caller,
  request: ConfigurationName & { readonly after: string; readonly max: number },
): Promise<{ readonly documents: readonly T[]; readonly next?: string }> {
  const { value: bucket } = await findBucket(store, caller, request);
  const { kind, after, max } = request;
  const prefix = `${kind}/`;
  const page: Listed<T>[] = await store.records.list<T>(configurationsSpace(bucket), {
    prefix,
    after: `${prefix}${after}`,
    limit: max + 1,
  });
  const documents = page.slice(0, max).map(({ value }) => value);
  const last = page.length > max ? page[max - 1]?.id.slice(prefix.length) : undefined;
  return { documents, ...(last !== undefined && { next: last }) };
}

export async function readConfiguration<T extends object>(
  store: Store,
  bucket: Bucket,
  name: Pick<ConfigurationName, "kind" | "id">,
): Promise<T | undefined> {
  return (await store.records.get<T>(configurationsSpace(bucket), recordId(name)))?.value;
}

/** Deletes all documents of a bucket that is deleted itself. */
export async function configurationDeletions(store: Store, bucket: Bucket): Promise<Change[]> {
  const space = configurationsSpace(bucket);
  const all = await store.records.list(space, { limit: 10_000 });
  return all.map(({ id }) => ({ delete: true, space, id }));
}

const recordId = ({ kind, id }: Pick<ConfigurationName, "kind" | "id">): string =>
  id === undefined ? kind : `${kind}/${id}`;
