/** Creating, finding, listing and deleting buckets. */
import type { Grant } from "../../domain/access-control.ts";
import { isBucketName, isPlainName, placeBucket } from "../../domain/bucket.ts";
import { BUCKET_TAGS, type Tag } from "../../domain/object-tags.ts";
import type { Scope } from "../../domain/scope.ts";
import { type Change, RecordConflict, type Versioned } from "../../ports/records.ts";
import { configurationDeletions } from "./configurations.ts";
import { objectError } from "./errors.ts";
import { checkKey } from "./find-object.ts";
import {
  type Bucket,
  bucketsSpace,
  type Caller,
  configurationsSpace,
  markersSpace,
  type Ownership,
  objectsSpace,
  retried,
  type Store,
  versionsSpace,
} from "./store.ts";
import { checkTags } from "./tags.ts";
import { dropUploads } from "./uploads.ts";

/** How a request names a bucket. */
export interface BucketName {
  readonly bucket: string;
  /** Account that the client believes to be the bucket's. */
  readonly expectedOwner?: string | undefined;
}

/** A deletion is a matter of milliseconds: a mark older than this is the leftover of a crash. */
const DELETION_MS = 10_000;

export async function createBucket(
  store: Store,
  caller: Caller,
  request: {
    readonly name: string;
    readonly location?: string;
    readonly tags?: readonly Tag[];
    readonly ownership?: Ownership;
    /** Its access control list. Absent: the owner's alone. */
    readonly grants?: readonly Grant[];
    /** Its versions may be locked: it keeps some. */
    readonly locking?: boolean;
  },
): Promise<Bucket> {
  const { name, location, tags = [], ownership, grants, locking = false } = request;
  if (!isBucketName(name)) throw objectError("BucketNameInvalid", { bucket: name });
  const place = placeBucket(caller.region, location);
  if ("fault" in place)
    throw objectError(place.fault === "invalid" ? "LocationInvalid" : "LocationIllegal", {
      location,
    });
  checkTags(tags, BUCKET_TAGS);
  const bucket: Bucket = {
    name,
    account: caller.account,
    region: place.region,
    ...(location === "EU" && { location }),
    created: store.clock.now(),
    tags,
    rules: [],
    ...(ownership !== undefined && { ownership }),
    ...(locking && { versioning: "Enabled", lock: {} }),
  };
  try {
    const space = bucketsSpace(caller.account);
    const acl: Change[] =
      grants === undefined
        ? []
        : [{ put: { grants }, space: configurationsSpace(bucket), id: "acl" }];
    await store.records.commit([{ put: bucket, space, id: name, expect: 0 }, ...acl]);
  } catch (error) {
    if (error instanceof RecordConflict) throw objectError("BucketExists", { bucket: name });
    throw error;
  }
  return bucket;
}

/** @throws NoSuchBucket, BucketNameInvalid, BucketOwnerMismatch */
export async function findBucket(
  store: Pick<Store, "records">,
  caller: Scope,
  { bucket: name, expectedOwner }: BucketName,
): Promise<Versioned<Bucket>> {
  if (!isPlainName(name)) throw objectError("BucketNameInvalid", { bucket: name });
  const found = await store.records.get<Bucket>(bucketsSpace(caller.account), name);
  if (found === undefined) throw objectError("NoSuchBucket", { bucket: name });
  if (expectedOwner !== undefined && expectedOwner !== found.value.account)
    throw objectError("BucketOwnerMismatch", { bucket: name });
  return found;
}

export async function headBucket(store: Store, caller: Caller, name: BucketName): Promise<Bucket> {
  return (await findBucket(store, caller, name)).value;
}

/** A bucket that may be written to; what is written is committed together with `stillThere(bucket)`. */
export async function findWritableBucket(
  store: Store,
  caller: Scope,
  name: BucketName,
): Promise<Versioned<Bucket>> {
  const found = await findBucket(store, caller, name);
  const { deleting, ...bucket } = found.value;
  if (deleting === undefined) return found;
  if (store.clock.now() - deleting < DELETION_MS)
    throw objectError("BucketBusy", { bucket: bucket.name });
  await store.records.commit([bucketChange(bucket, found.revision)]); // whoever was deleting it fails now
  return findWritableBucket(store, caller, name);
}

/** Lets a commit fail where the bucket was changed or deleted since it was read. */
export const stillThere = ({ value, revision }: Versioned<Bucket>): Change => ({
  check: true,
  space: bucketsSpace(value.account),
  id: value.name,
  expect: revision,
});

/** Changes what a bucket says of itself. */
export async function updateBucket(
  store: Store,
  caller: Caller,
  name: BucketName,
  change: (bucket: Bucket) => Bucket,
): Promise<void> {
  await retried(async () => {
    const { value, revision } = await findWritableBucket(store, caller, name);
    await store.records.commit([bucketChange(change(value), revision)]);
  });
}

export async function listBuckets(
  store: Store,
  caller: Caller,
  request: {
    readonly prefix?: string;
    /** Name behind which to go on. */
    readonly after?: string;
    readonly region?: string;
    readonly max: number;
  },
): Promise<{ readonly buckets: readonly Bucket[]; readonly next?: string }> {
  const { prefix, after, region, max } = request;
  if (prefix !== undefined) checkKey(prefix);
  if (after !== undefined) checkKey(after);
  const buckets: Bucket[] = [];
  let options = { ...(prefix && { prefix }), ...(after && { after }) };
  for (;;) {
    const page = await store.records.list<Bucket>(bucketsSpace(caller.account), options);
    for (const { value } of page)
      if (region === undefined || value.region === region) buckets.push(value);
    const last = page.at(-1);
    if (last === undefined || buckets.length > max) break;
    options = { ...options, after: last.id };
  }
  const next = buckets.length > max ? buckets[max - 1]?.name : undefined;
  return { buckets: buckets.slice(0, max), ...(next !== undefined && { next }) };
}

/**
 * Deletes an empty bucket with its unfinished uploads. It is marked first, which lets every write that is under way
 * fail its `stillThere`; what is found empty then stays empty.
 */
export async function deleteBucket(store: Store, caller: Caller, name: BucketName): Promise<void> {
  await retried(async () => {
    const found = await findBucket(store, caller, name);
    const { deleting: _, ...bucket } = found.value;
    const marked = { ...bucket, deleting: store.clock.now() };
    await store.records.commit([bucketChange(marked, found.revision)]);
    const { revision } = await findBucket(store, caller, name);
    if (!(await isEmpty(store, bucket))) {
      await store.records.commit([bucketChange(bucket, revision)]);
      throw objectError("BucketNotEmpty", { bucket: bucket.name });
    }
    await dropUploads(store, bucket);
    const space = bucketsSpace(bucket.account);
    await store.records.commit([
      { delete: true, space, id: bucket.name, expect: revision },
      ...(await configurationDeletions(store, bucket)),
    ]);
  });
}

async function isEmpty(store: Store, bucket: Bucket): Promise<boolean> {
  for (const space of [objectsSpace(bucket), markersSpace(bucket), versionsSpace(bucket)])
    if ((await store.records.list(space, { limit: 1 })).length > 0) return false;
  return true;
}

/** The change that writes a bucket, where it is the one that was read. */
export const bucketChange = (bucket: Bucket, expect: number): Change => ({
  put: bucket,
  space: bucketsSpace(bucket.account),
  id: bucket.name,
  expect,
});
