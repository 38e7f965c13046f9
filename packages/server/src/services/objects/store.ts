/** What every use case works with: where things lie in the records, and the care that blobs and writers need. */

import type { NotificationRule } from "../../domain/notification.ts";
import type { DefaultLock } from "../../domain/object-lock.ts";
import type { Tag } from "../../domain/object-tags.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Records } from "../../ports/records.ts";
import { retried as retriedUnless } from "../../ports/retried.ts";
import type { Targets } from "../../ports/targets.ts";
import type { BlobShelf } from "./blob-shelf.ts";
import { objectError } from "./errors.ts";
import type { Outbox } from "./outbox.ts";

export interface Store {
  readonly records: Records;
  readonly blobs: BlobShelf;
  readonly clock: Clock;
  readonly outbox: Outbox;
  /** Where notifications go. */
  readonly targets: Targets;
  /** Whether the sweep looks for blobs that nobody names: it reads one space after the other. */
  readonly sweeping: () => boolean;
  /** Blobs of objects whose record moved to another space meanwhile. */
  readonly moved: Set<string>;
  /** A text greater than all that it gave before, also before a restart as long as the clock does not go back. */
  sequence(): string;
}

/** On whose behalf a use case runs. Events tell of it. */
export interface Caller extends Scope {
  readonly requestId: string;
  readonly hostId: string;
  readonly principal: string;
  readonly sourceIp: string;
  /** The trace header of the request: functions that its events invoke go on with it. */
  readonly traceId?: string;
}

export type Ownership = "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter";

export interface BucketEncryption {
  readonly algorithm: "AES256" | "aws:kms" | "aws:kms:dsse" | "none";
  /** As the client named it. */
  readonly key?: string;
  readonly bucketKey?: boolean;
}

export type Versioning = "Enabled" | "Suspended";

export interface Bucket extends Scope {
  readonly name: string;
  /** What the creator asked for, where it is not the region's own name: `EU`. */
  readonly location?: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly created: number;
  readonly tags: readonly Tag[];
  readonly rules: readonly NotificationRule[];
  /** Absent: the bucket never kept versions. Once it did it can only pause. */
  readonly versioning?: Versioning;
  /** Who owns objects that others put, and whether access control lists count. Absent: BucketOwnerEnforced. */
  readonly ownership?: Ownership | "none";
  /** How objects are encrypted of which their request says nothing. Absent: with keys of S3's own. */
  readonly encryption?: BucketEncryption;
  /** Present where versions may be locked. */
  readonly lock?: DefaultLock;
  /** Its events go to the account's default bus, too. */
  readonly eventBridge?: true;
  /** It has rules by which objects expire. */
  readonly expires?: true;
  /** Set while a deletion looks whether the bucket is empty: nothing may be written then. */
  readonly deleting?: number;
}

/** Bucket names are one namespace over all regions. */
export const bucketsSpace = (account: string): string => `${account}/global/buckets`;

const within = (bucket: Bucket, kind: string): string =>
  `${bucket.account}/${bucket.region}/${kind}/${bucket.name}`;

/** id: key. StoredObject: the current version, where it is no delete marker. */
export const objectsSpace = (bucket: Bucket): string => within(bucket, "objects");
/** id: key. DeleteMarker, where the current version is one. */
export const markersSpace = (bucket: Bucket): string => within(bucket, "object-markers");
/** id: key and order, as versionRecordId says. OldVersion: all versions but the current one. */
export const versionsSpace = (bucket: Bucket): string => within(bucket, "object-versions");
/** id: key. NullPlace: where the null version is, if it is not the current one. */
export const nullsSpace = (bucket: Bucket): string => within(bucket, "object-null-versions");
/** id: id of the upload that the object came of. PartList. */
export const partListsSpace = (bucket: Bucket): string => within(bucket, "object-parts");
/** id: key, U+0001, upload id: sorted by key, then by age. Upload. */
export const uploadsSpace = (bucket: Bucket): string => within(bucket, "uploads");
/** id: part number in five digits. Part. */
export const uploadPartsSpace = (bucket: Bucket, uploadId: string): string =>
  `${within(bucket, "upload-parts")}/${uploadId}`;
/** id: kind, or kind, slash and id. The document. */
export const configurationsSpace = (bucket: Bucket): string =>
  within(bucket, "bucket-configurations");
/** id: sequence and number. OutboxEntry. */
export const outboxSpace = (bucket: Bucket): string => within(bucket, "object-events");

/** A burst of this many writers of one object all get through, one after another. */
const ATTEMPTS = 100;

/** Runs a step that reads, decides and commits, again where somebody else committed first. */
export const retried = <T>(step: () => Promise<T>): Promise<T> =>
  retriedUnless(step, () => objectError("ObjectBusy"), ATTEMPTS);

/** Eighteen hexadecimal digits, as S3's: milliseconds, then a counter. */
export function createSequence(clock: Clock): () => string {
  let last = 0n;
  return () => {
    const now = BigInt(clock.now()) << 20n;
    last = now > last ? now : last + 1n;
    return last.toString(16).toUpperCase().padStart(18, "0");
  };
}
