import type { StoredObject } from "../../domain/object.ts";
import { findWritableBucket, stillThere } from "./buckets.ts";
import { findObject, type VersionName } from "./find-object.ts";
import { allOf, eventsOf, type Happened, stateOf } from "./object-events.ts";
import { type Bucket, type Caller, retried, type Store } from "./store.ts";
import { shownVersion } from "./versions.ts";

/** An event of a version that is there: its name, and what it says besides. */
export type VersionEvent = Pick<Happened, "name"> &
  Partial<Omit<Happened, "name" | "key" | "sequencer">>;

/**
 * Changes what a version says of itself; its bytes, its age and its entity tag stay. Tells of it by these events.
 * Answers how the version is called where the bucket has versions.
 */
export async function changeVersion(
  store: Store,
  caller: Caller,
  name: VersionName,
  tell: readonly VersionEvent[],
  change: (object: StoredObject, bucket: Bucket) => StoredObject,
): Promise<string | undefined> {
  const { events, version } = await retried(async () => {
    const bucket = await findWritableBucket(store, caller, name);
    const { value, revision, space, id } = await findObject(store, bucket.value, name);
    const object = change(value, bucket.value);
    const made = allOf(
      tell.map((event) =>
        eventsOf(store, bucket.value, caller, {
          ...stateOf(object),
          ...event,
          key: name.key,
          sequencer: store.sequence(),
        }),
      ),
    );
    await store.records.commit([
      { put: object, space, id, expect: revision },
      stillThere(bucket),
      ...made.changes,
    ]);
    return { events: made, version: shownVersion(bucket.value, object) };
  });
  store.outbox.send(events.references);
  return version;
}
