import type { YunqueError } from "../../domain/errors.ts";
import type { DeleteMarker, StoredObject } from "../../domain/object.ts";
import { matches } from "../../domain/object-conditions.ts";
import { mayDelete } from "../../domain/object-lock.ts";
import type { Versioned } from "../../ports/records.ts";
import { type BucketName, findWritableBucket, stillThere } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { checkKey, type ObjectName } from "./find-object.ts";
import { allOf, type Events, eventsOf } from "./object-events.ts";
import { newPlace } from "./replace-object.ts";
import { type Bucket, type Caller, retried, type Store } from "./store.ts";
import {
  findVersion,
  type Head,
  isMarker,
  type Located,
  placeVersion,
  readHead,
  removeVersion,
  type Step,
} from "./versions.ts";

export interface Deletion {
  readonly key: string;
  /** The entity tag that must be there, where the object is there at all. */
  readonly ifMatch?: string | undefined;
  /** Which version goes for good. Absent: the current one, or a delete marker hides it where the bucket keeps versions. */
  readonly version?: string | undefined;
  /** Overrides governance of versions that are kept. */
  readonly bypass?: boolean;
}

/** What came of a deletion. */
export interface Deleted {
  readonly failure?: YunqueError;
  /** Id of the delete marker that was made, or deleted. */
  readonly marker?: string;
}

/** Deletes one object; that it is not there is no error. @throws as `deleteObjects` gives it back. */
export async function deleteObject(
  store: Store,
  caller: Caller,
  name: ObjectName & Deletion,
): Promise<Deleted> {
  const [deleted = {}] = await deleteObjects(store, caller, name, [name]);
  const { failure } = deleted;
  if (failure === undefined) return deleted;
  if (failure.code === "NoSuchObjectVersion") return {}; // as where there is no object
  throw failure;
}

/** Deletes many objects. Answers, in the order of the deletions, what came of each. */
export async function deleteObjects(
  store: Store,
  caller: Caller,
  name: BucketName,
  deletions: readonly Deletion[],
): Promise<Deleted[]> {
  const results: Deleted[] = [];
  for (const round of roundsOf(deletions)) {
    const done = await retried(() =>
      deleteOnce(
        store,
        caller,
        name,
        round.map(({ deletion }) => deletion),
      ),
    );
    for (const [index, { at }] of round.entries()) results[at] = done[index] ?? {};
  }
  return results;
}

/** One commit sees each key once: what happens to a key twice happens in another one. */
function roundsOf(deletions: readonly Deletion[]) {
  const rounds: { readonly deletion: Deletion; readonly at: number }[][] = [];
  const turns = new Map<string, number>();
  for (const [at, deletion] of deletions.entries()) {
    const turn = turns.get(deletion.key) ?? 0;
    turns.set(deletion.key, turn + 1);
    const round = rounds[turn] ?? [];
    rounds[turn] = round;
    round.push({ deletion, at });
  }
  return rounds;
}

async function deleteOnce(
  store: Store,
  caller: Caller,
  name: BucketName,
  deletions: readonly Deletion[],
): Promise<Deleted[]> {
  const bucket = await findWritableBucket(store, caller, name);
  const plans = await Promise.all(
    deletions.map((deletion) => planned(plan(store, bucket, caller, deletion))),
  );
  await commitPlans(store, bucket, plans);
  return plans.map(({ deleted }) => deleted);
}

/** Deletes what is planned, in one commit. @throws RecordConflict where somebody else committed first. */
export async function commitPlans(
  store: Store,
  bucket: Versioned<Bucket>,
  plans: readonly Plan[],
): Promise<void> {
  const events = allOf(plans.flatMap(({ events: each }) => (each ? [each] : [])));
  const changes = plans.flatMap(({ step }) => step?.changes ?? []);
  if (changes.length > 0)
    await store.records.commit([...changes, stillThere(bucket), ...events.changes]);
  store.outbox.send(events.references);
  await store.blobs.discard(plans.flatMap(({ step }) => step?.blobs ?? []));
}

export interface Plan {
  readonly deleted: Deleted;
  readonly step?: Step;
  readonly events?: Events;
}

/** What a caller did wrong is the result of one deletion, not the end of all. */
async function planned(work: Promise<Plan>): Promise<Plan> {
  try {
    return await work;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { deleted: { failure: error } };
  }
}

const FAILURES = [
  "NoSuchObjectVersion",
  "VersionIdInvalid",
  "ObjectConditionFailed",
  "ObjectLocked",
];

const isFailure = (error: unknown): error is YunqueError =>
  error instanceof Object && "code" in error && FAILURES.includes(String(error.code));

async function plan(
  store: Store,
  bucket: Versioned<Bucket>,
  caller: Caller,
  deletion: Deletion,
): Promise<Plan> {
  const { key, version } = deletion;
  checkKey(key);
  if (version !== undefined) {
    const found = await findVersion(store, bucket.value, key, version);
    checkMatch(deletion, found);
    checkUnlocked(store, deletion, found.value);
    return removed(store, bucket.value, caller, key, found);
  }
  const head = await readHead(store, bucket.value, key);
  checkMatch(deletion, head.object);
  if (bucket.value.versioning === undefined)
    return head.object ? removed(store, bucket.value, caller, key, head.object) : { deleted: {} };
  return hidden(store, bucket.value, caller, key, head);
}

/** For good. */
export async function removed(
  store: Store,
  bucket: Bucket,
  caller: Caller,
  key: string,
  version: Located<StoredObject | DeleteMarker>,
  event = "s3:ObjectRemoved:Delete",
): Promise<Plan> {
  const { value } = version;
  return {
    deleted: isMarker(value) ? { marker: value.version ?? "null" } : {},
    step: await removeVersion(store, bucket, key, version),
    events: eventsOf(store, bucket, caller, {
      name: event,
      key,
      sequencer: store.sequence(),
      ...(value.version !== undefined && { version: value.version }),
    }),
  };
}

/** By a delete marker. */
export async function hidden(
  store: Store,
  bucket: Bucket,
  caller: Caller,
  key: string,
  head: Head,
  event = "s3:ObjectRemoved:DeleteMarkerCreated",
): Promise<Plan> {
  const marker: DeleteMarker = {
    marker: true,
    lastModified: store.clock.now(),
    ...newPlace(store, bucket),
  };
  const { sequencer, version } = marker;
  return {
    deleted: { marker: version ?? "null" },
    step: await placeVersion(store, bucket, key, head, marker),
    events: eventsOf(store, bucket, caller, {
      name: event,
      key,
      sequencer,
      etag: EMPTY_ETAG,
      ...(version !== undefined && { version }),
    }),
  };
}

/** What S3 gives delete markers for an entity tag in events: that of no bytes. */
const EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e";

/** @throws ObjectLocked */
function checkUnlocked(
  store: Store,
  { bypass = false }: Deletion,
  version: StoredObject | DeleteMarker,
): void {
  if (!isMarker(version) && !mayDelete(version, store.clock.now(), bypass))
    throw objectError("ObjectLocked");
}

/** @throws ObjectConditionFailed */
function checkMatch(
  { ifMatch }: Deletion,
  found: Versioned<StoredObject | DeleteMarker> | undefined,
): void {
  const etag = found && !isMarker(found.value) ? found.value.etag : undefined;
  if (ifMatch !== undefined && etag !== undefined && !matches(ifMatch, etag))
    throw objectError("ObjectConditionFailed", { condition: "If-Match" });
}
