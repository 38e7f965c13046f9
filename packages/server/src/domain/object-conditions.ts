/** Conditions on reading and writing objects: what the client believes of them. Times in milliseconds since the epoch. */

export interface ReadConditions {
  /** As the header says it: entity tags with or without quotes, or `*`. */
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly ifModifiedSince?: number;
  readonly ifUnmodifiedSince?: number;
}
export type ReadCondition = keyof ReadConditions;

interface Subject {
  readonly etag: string;
  readonly lastModified: number;
}

/**
 * The condition that keeps the client from the object, or undefined. Entity tags overrule times (RFC 9110, 13.2.2).
 * The two "none" conditions mean 304 for a read, and 412 for the source of a copy.
 */
export function failedReadCondition(
  conditions: ReadConditions,
  object: Subject,
  now: number,
): ReadCondition | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const changed = Math.floor(object.lastModified / 1000) * 1000; // headers know seconds only
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object.etag)) return "ifMatch";
  } else if (ifUnmodifiedSince !== undefined && changed > ifUnmodifiedSince)
    return "ifUnmodifiedSince";
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, object.etag)) return "ifNoneMatch";
  } else if (ifModifiedSince !== undefined && ifModifiedSince <= now && changed <= ifModifiedSince)
    return "ifModifiedSince"; // S3 ignores dates of the future
  return undefined;
}

/** Whether one of the entity tags of a header is this one. */
export function matches(header: string, etag: string): boolean {
  return header
    .split(",")
    .map((tag) => tag.trim())
    .some((tag) => tag === "*" || tag.replace(/^"(.*)"$/, "$1") === etag);
}

export interface WriteConditions {
  /** An entity tag that must be there. */
  readonly ifMatch?: string;
  /** Nothing may be there (`If-None-Match: *`). */
  readonly ifAbsent?: boolean;
}
