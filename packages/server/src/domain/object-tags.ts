/** Tags of buckets and objects. */

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** What is wrong with a set of tags, and with which one of them. */
export type TagFault =
  | { readonly fault: "duplicate" | "key" | "reserved"; readonly key: string }
  | { readonly fault: "value"; readonly key: string; readonly value: string }
  | { readonly fault: "tooMany"; readonly limit: number };

export const OBJECT_TAGS = 10;
export const BUCKET_TAGS = 50;

/**
 * The first fault of a set of tags, or undefined.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html: letters, numbers, spaces and `+ - = . _ : / @`;
 * keys to 128 and values to 256 characters; `aws:` is reserved.
 */
export function findTagFault(tags: readonly Tag[], limit: number): TagFault | undefined {
  if (tags.length > limit) return { fault: "tooMany", limit };
  const seen = new Set<string>();
  for (const { key, value } of tags) {
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key)) return { fault: "key", key };
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value)) return { fault: "value", key, value };
    if (key.startsWith("aws:")) return { fault: "reserved", key };
    if (seen.has(key)) return { fault: "duplicate", key };
    seen.add(key);
  }
  return undefined;
}

/** The tags of an `x-amz-tagging` header, a query string; undefined where it is malformed or names a tag twice. */
export function parseTagging(header: string): Tag[] | undefined {
  const tags = [...new URLSearchParams(header)].map(([key, value]) => ({ key, value }));
  const names = new Set(tags.map((tag) => tag.key));
  const malformed = names.size !== tags.length || findTagFault(tags, Number.POSITIVE_INFINITY);
  return malformed ? undefined : tags;
}

/** In the order in which S3 gives them back. */
export const sortTags = (tags: readonly Tag[]): Tag[] =>
  tags.toSorted((a, b) => (a.key < b.key ? -1 : 1));
