/** One page of a daily pass: what is due among uploads, current versions, old ones, and delete markers that hide nothing. */
import { randomUUID } from "node:crypto";
import {
  abortOf,
  classDue,
  expiryOf,
  type LifecycleDocument,
  markerDue,
  oldVersionDue,
  type Subject,
} from "../../domain/bucket-lifecycle.ts";
import {
  type DeleteMarker,
  isStorageClass,
  type StoredObject,
  type Upload,
} from "../../domain/object.ts";
import { mayDelete } from "../../domain/object-lock.ts";
import { RecordConflict } from "../../ports/records.ts";
import { findWritableBucket } from "./buckets.ts";
import { changeVersion } from "./change-version.ts";
import { commitPlans, hidden, removed } from "./delete-objects.ts";
import {
  type Bucket,
  type Caller,
  markersSpace,
  objectsSpace,
  retried,
  type Store,
  uploadsSpace,
  versionsSpace,
} from "./store.ts";
import { dropUpload } from "./uploads.ts";
import {
  currentOf,
  isMarker,
  type Located,
  type OldVersion,
  readHead,
  versionPrefix,
} from "./versions.ts";

/** In this order: what an earlier one deletes may leave a marker that hides nothing. */
export const phases = ["uploads", "objects", "versions", "markers"] as const;
export type Phase = (typeof phases)[number];

/** How far a phase came. Of old versions also what the next one has to know of those before it. */
export interface PageState {
  readonly after?: string;
  readonly key?: string;
  readonly newer?: number;
  readonly since?: number;
}

const PAGE = 500;
/** Deletions under way at once: they share commits, and leave room for callers. */
const AT_ONCE = 32;
const EXPIRED = "s3:LifecycleExpiration:Delete";
const HIDDEN = "s3:LifecycleExpiration:DeleteMarkerCreated";

type Work = () => Promise<unknown>;

/** Works a page, and answers where the next one begins; undefined behind the last one. */
export async function workPage(
  store: Store,
  bucket: Bucket,
  lifecycle: LifecycleDocument,
  phase: Phase,
  state: PageState,
): Promise<PageState | undefined> {
  const { rules } = lifecycle;
  const page = { after: state.after ?? "", limit: PAGE };
  const now = store.clock.now();
  const works: Work[] = [];
  let next: PageState | undefined;
  if (phase === "uploads") {
    const found = await store.records.list<Upload>(uploadsSpace(bucket), page);
    for (const upload of found)
      if ((abortOf(rules, upload.value.key, upload.value.initiated)?.at ?? now + 1) <= now)
        works.push(() => dropUpload(store, bucket, upload).catch(unlessChanged));
    next = behind(found);
  } else if (phase === "objects") {
    const found = await store.records.list<StoredObject>(objectsSpace(bucket), page);
    for (const { id, value } of found)
      works.push(...currentWork(store, bucket, lifecycle, id, value, now));
    next = behind(found);
  } else if (phase === "versions") {
    const found = await store.records.list<OldVersion>(versionsSpace(bucket), page);
    let { key, newer = 0, since = 0 } = state;
    for (const { id, value } of found) {
      const same = value.key === key;
      const above = same ? undefined : currentOf(await readHead(store, bucket, value.key));
      since = same ? since : (above?.value.lastModified ?? value.lastModified);
      newer = same ? newer + 1 : 0;
      key = value.key;
      works.push(...oldWork(store, bucket, lifecycle, { id, value, newer, since }, now));
      since = value.lastModified;
    }
    next = key === undefined ? behind(found) : { ...behind(found), key, newer, since };
    if (behind(found) === undefined) next = undefined;
  } else {
    const found = await store.records.list<DeleteMarker>(markersSpace(bucket), page);
    for (const { id, value } of found)
      if (markerDue(rules, id, value.lastModified, now))
        works.push(() => dropMarker(store, bucket, id, value.sequencer));
    next = behind(found);
  }
  for (let at = 0; at < works.length; at += AT_ONCE)
    await Promise.all(works.slice(at, at + AT_ONCE).map((work) => work()));
  return next;
}

const behind = (found: readonly { readonly id: string }[]): PageState | undefined => {
  const last = found.at(-1);
  return last === undefined || found.length < PAGE ? undefined : { after: last.id };
};

const subjectOf = (key: string, version: StoredObject | DeleteMarker): Subject =>
  isMarker(version) ? { key, size: 0, tags: [] } : { key, size: version.size, tags: version.tags };

function currentWork(
  store: Store,
  bucket: Bucket,
  lifecycle: LifecycleDocument,
  key: string,
  object: StoredObject,
  now: number,
): Work[] {
  const subject = subjectOf(key, object);
  const expiry = expiryOf(lifecycle.rules, subject, object.lastModified);
  if (expiry !== undefined && expiry.at <= now)
    return [() => expire(store, bucket, key, object.sequencer)];
  const due = classDue(lifecycle, subject, object.lastModified, now, false);
  return transitionWork(store, bucket, key, object, due);
}

function oldWork(
  store: Store,
  bucket: Bucket,
  lifecycle: LifecycleDocument,
  old: { readonly id: string; readonly value: OldVersion; newer: number; since: number },
  now: number,
): Work[] {
  const { id, value, newer, since } = old;
  const subject = subjectOf(value.key, value);
  if (oldVersionDue(lifecycle.rules, subject, since, newer, now))
    return isMarker(value) || mayDelete(value, now, false)
      ? [() => dropOld(store, bucket, id, value)]
      : [];
  if (isMarker(value)) return [];
  const due = classDue(lifecycle, subject, since, now, true);
  return transitionWork(store, bucket, value.key, value, due);
}

function transitionWork(
  store: Store,
  bucket: Bucket,
  key: string,
  object: StoredObject,
  due: string | undefined,
): Work[] {
  if (due === undefined || due === object.storageClass || !isStorageClass(due)) return [];
  const name = { bucket: bucket.name, key, version: object.version ?? "null" };
  const event = { name: "s3:LifecycleTransition", storageClass: due };
  return [
    () =>
      changeVersion(store, callerIn(bucket), name, [event], (now) =>
        now.sequencer === object.sequencer ? { ...now, storageClass: due } : now,
      ).catch(unlessChanged),
  ];
}

/** The current version goes, or is hidden where the bucket has versions. */
const expire = (store: Store, owner: Bucket, key: string, sequencer: string) =>
  once(store, owner, async (bucket) => {
    const head = await readHead(store, bucket, key);
    if (head.object?.value.sequencer !== sequencer) return undefined;
    const caller = callerIn(bucket);
    return bucket.versioning === undefined
      ? removed(store, bucket, caller, key, head.object, EXPIRED)
      : hidden(store, bucket, caller, key, head, HIDDEN);
  });

const dropOld = (store: Store, owner: Bucket, id: string, { key, sequencer }: OldVersion) =>
  once(store, owner, async (bucket) => {
    const space = versionsSpace(bucket);
    const found = await store.records.get<OldVersion>(space, id);
    if (found?.value.sequencer !== sequencer) return undefined;
    const version: Located<OldVersion> = { ...found, space, id };
    return removed(store, bucket, callerIn(bucket), key, version, EXPIRED);
  });

const dropMarker = (store: Store, owner: Bucket, key: string, sequencer: string) =>
  once(store, owner, async (bucket) => {
    const { marker } = await readHead(store, bucket, key);
    if (marker?.value.sequencer !== sequencer) return undefined;
    const prefix = versionPrefix(key);
    const [hides] = await store.records.list(versionsSpace(bucket), { prefix, limit: 1 });
    if (hides !== undefined) return undefined;
    return removed(store, bucket, callerIn(bucket), key, marker, EXPIRED);
  });

/** S3 itself, on behalf of the bucket. */
const callerIn = ({ account, region }: Bucket): Caller => ({
  account,
  region,
  requestId: randomUUID(),
  hostId: "",
  principal: "s3.amazonaws.com",
  sourceIp: "s3.amazonaws.com",
});

/** Plans and commits, again where somebody else committed first. A bucket that is gone has nothing that could expire. */
async function once(
  store: Store,
  owner: Bucket,
  plan: (bucket: Bucket) => Promise<Parameters<typeof commitPlans>[2][number] | undefined>,
): Promise<void> {
  await retried(async () => {
    const bucket = await findWritableBucket(store, owner, { bucket: owner.name });
    const made = await plan(bucket.value);
    if (made !== undefined) await commitPlans(store, bucket, [made]);
  }).catch(unlessChanged);
}

function unlessChanged(error: unknown): void {
  const gone = ["NoSuchBucket", "NoSuchObject", "NoSuchObjectVersion", "BucketBusy", "ObjectBusy"];
  const code = error instanceof Object && "code" in error ? String(error.code) : "";
  if (!(error instanceof RecordConflict) && !gone.includes(code)) throw error;
}
