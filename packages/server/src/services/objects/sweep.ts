/** What a crash may leave behind, and how it is cleared away while the platform serves already. */
import type { Part, StoredObject } from "../../domain/object.ts";
import type { Blobs } from "../../ports/blobs.ts";
import type { Records } from "../../ports/records.ts";
import type { PartList } from "./parts.ts";
import { isMarker, type OldVersion } from "./versions.ts";

/** Says that the platform stops: the sweep ends where it is, and the next start begins it anew. */
export type Stopping = () => boolean;

/** Ids that are compared at once: bounds the memory of a sweep, whatever there is to sweep. */
const GROUP = 500_000;

/**
 * Deletes the blobs that were there when the engine was opened and that nobody names. A blob is named by one record
 * from its first commit to its end, so what is not live now was dead then.
 * @param live ids of all blobs that records name; called once or more.
 * @param moved blobs of objects that change places while `live` looks through one after the other.
 * @returns how many it deleted.
 */
export async function sweepBlobs(
  blobs: Blobs,
  live: () => AsyncIterable<string>,
  stopping: Stopping = () => false,
  groupSize = GROUP,
  moved: ReadonlySet<string> = new Set(),
): Promise<number> {
  let count = 0;
  for await (const _ of blobs.inherited()) count++;
  const groups = Math.ceil(count / groupSize);
  let swept = 0;
  for (let group = 0; group < groups; group++) {
    const dead = new Set<string>();
    for await (const id of blobs.inherited()) if (groupOf(id, groups) === group) dead.add(id);
    for await (const id of live()) {
      if (stopping()) return swept;
      dead.delete(id);
    }
    for (const id of dead) {
      if (stopping()) return swept;
      if (moved.has(id)) continue;
      await blobs.delete(id);
      swept++;
    }
  }
  return swept;
}

/**
 * The blobs of all uploads under way and of all objects, in this order: an upload that is completed meanwhile moves its
 * blobs from where they are looked for first to where they are looked for last, and is never missed.
 */
export async function* liveBlobs(records: Records): AsyncGenerator<string> {
  for (const space of await spacesOf(records, "upload-parts"))
    for await (const part of values<Part>(records, space)) yield part.blob;
  for (const space of await spacesOf(records, "object-parts"))
    for await (const { parts } of values<PartList>(records, space, 10))
      for (const part of parts) yield part.blob;
  for (const space of await spacesOf(records, "objects"))
    for await (const { body } of values<StoredObject>(records, space))
      if (body.blob !== undefined) yield body.blob;
  for (const space of await spacesOf(records, "object-versions"))
    for await (const version of values<OldVersion>(records, space))
      if (!isMarker(version) && version.body.blob !== undefined) yield version.body.blob;
}

/** Deletes the parts of uploads that ended while the platform did. Their blobs are nobody's then. */
export async function sweepParts(
  records: Records,
  stopping: Stopping = () => false,
): Promise<void> {
  const buckets = new Map<string, string[]>();
  for (const space of await spacesOf(records, "upload-parts")) {
    const [account, region, , bucket] = space.split("/");
    const uploads = `${account}/${region}/uploads/${bucket}`;
    const spaces = buckets.get(uploads) ?? [];
    spaces.push(space);
    buckets.set(uploads, spaces);
  }
  for (const [uploads, spaces] of buckets) {
    // Uploads are found by their key, which a part does not know. An upload has parts only once it is there itself, so
    // one that has some and is not there now has ended.
    const known = new Set<string>();
    for await (const { id } of values<{ id: string }>(records, uploads)) known.add(id);
    for (const space of spaces) {
      if (stopping()) return;
      if (known.has(space.split("/")[4] ?? "")) continue;
      const parts = await records.list(space, { limit: 10_000 });
      await records.commit(parts.map(({ id }) => ({ delete: true, space, id })));
    }
  }
}

async function spacesOf(records: Records, kind: string): Promise<string[]> {
  return (await records.spaces("")).filter((space) => space.split("/")[2] === kind);
}

async function* values<T>(records: Records, space: string, limit = 1000): AsyncGenerator<T> {
  let after = "";
  for (;;) {
    const page = await records.list<T>(space, { after, limit });
    for (const { value } of page) yield value;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

function groupOf(id: string, groups: number): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) >>> 0;
  return hash % groups;
}
