import type { YunqueError } from "../../domain/errors.ts";
import { matches } from "../../domain/object-conditions.ts";
import type { Change } from "../../ports/records.ts";
import { type BucketName, findWritableBucket, stillThere } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { lookUpObject, type ObjectName } from "./find-object.ts";
import { allOf, type Events, eventsOf } from "./object-events.ts";
import { abandoned } from "./replace-object.ts";
import { type Caller, objectsSpace, retried, type Store } from "./store.ts";

export interface Deletion {
  readonly key: string;
  /** The entity tag that must be there, where the object is there at all. */
  readonly ifMatch?: string | undefined;
  /** Only "null" exists in a bucket without versions. */
  readonly version?: string | undefined;
}

/** Deletes one object; that it is not there is no error. @throws as `deleteObjects` gives it back. */
export async function deleteObject(
  store: Store,
  caller: Caller,
  name: ObjectName & Deletion,
): Promise<void> {
  const [failure] = await deleteObjects(store, caller, name, [name]);
  if (failure !== undefined) throw failure;
}

/** Deletes many objects in one commit. Answers, in the order of the deletions, what kept each from its end. */
export async function deleteObjects(
  store: Store,
  caller: Caller,
  name: BucketName,
  deletions: readonly Deletion[],
): Promise<(YunqueError | undefined)[]> {
  return retried(async () => {
    const bucket = await findWritableBucket(store, caller, name);
    const failures: (YunqueError | undefined)[] = [];
    const changes: Change[] = [];
    const blobs: string[] = [];
    const happened: Events[] = [];
    const seen = new Set<string>();
    for (const deletion of deletions) {
      const { key } = deletion;
      const current = seen.has(key) ? undefined : await lookUpObject(store, bucket.value, key);
      const failure = findFailure(deletion, current?.value.etag);
      failures.push(failure);
      if (failure !== undefined || current === undefined) continue;
      seen.add(key);
      const old = await abandoned(store, bucket.value, current.value);
      blobs.push(...old.blobs);
      changes.push(
        { delete: true, space: objectsSpace(bucket.value), id: key, expect: current.revision },
        ...old.changes,
      );
      const sequencer = store.sequence();
      const event = { name: "s3:ObjectRemoved:Delete", key, sequencer };
      happened.push(eventsOf(store, bucket.value, caller, event));
    }
    const events = allOf(happened);
    if (changes.length > 0)
      await store.records.commit([...changes, stillThere(bucket), ...events.changes]);
    store.outbox.send(events.references);
    await store.blobs.discard(blobs);
    return failures;
  });
}

function findFailure(
  { ifMatch, version }: Deletion,
  etag: string | undefined,
): YunqueError | undefined {
  if (version !== undefined && version !== "null")
    return objectError("NoSuchObjectVersion", { version });
  if (ifMatch !== undefined && etag !== undefined && !matches(ifMatch, etag))
    return objectError("ObjectConditionFailed", { condition: "If-Match" });
  return undefined;
}
