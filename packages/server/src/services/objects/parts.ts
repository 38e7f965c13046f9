import type { Part, StoredObject } from "../../domain/object.ts";
import { type Bucket, partListsSpace, type Store } from "./store.ts";

/** The parts of an object of a multipart upload. */
export interface PartList {
  readonly parts: readonly Part[];
}

/** The parts of an object, one for an object that was put in one piece. Undefined where it was replaced meanwhile. */
export async function partsOf(
  store: Store,
  bucket: Bucket,
  object: StoredObject,
): Promise<readonly Part[] | undefined> {
  const { body, size, etag, checksum, lastModified } = object;
  if (body.blob !== undefined)
    return [{ number: 1, ...body, size, etag, checksum: checksum.value, lastModified }];
  const list = await store.records.get<PartList>(partListsSpace(bucket), body.upload);
  return list?.value.parts;
}
