/** An object of S3: what is kept about its bytes. */
import type { Grant } from "./access-control.ts";
import type { Checksum } from "./checksum.ts";
import type { Retention } from "./object-lock.ts";
import type { Tag } from "./object-tags.ts";

/** Headers that a client gives with the bytes and gets back with them, as it wrote them. */
export interface ContentHeaders {
  readonly type?: string;
  readonly encoding?: string;
  readonly disposition?: string;
  readonly language?: string;
  readonly cacheControl?: string;
  readonly expires?: string;
}

/** What describes an object and may differ between it and its copies. */
export interface ObjectAttributes {
  readonly headers: ContentHeaders;
  /** Names in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  readonly storageClass: StorageClass;
  readonly websiteRedirect?: string;
  /** Absent: the owner's alone. */
  readonly acl?: readonly Grant[];
  /** Absent: with keys of S3's own. */
  readonly encryption?: ObjectEncryption;
  /** Until when, and how strictly, the version is kept. */
  readonly retention?: Retention;
  /** Absent: it was never held. */
  readonly legalHold?: boolean;
}

/** With keys of KMS, named as the client named them; or with one that only the client has. */
export type ObjectEncryption =
  | {
      readonly algorithm: "aws:kms" | "aws:kms:dsse";
      readonly key?: string;
      readonly bucketKey?: boolean;
    }
  | { readonly algorithm: "customer"; readonly keyMd5: string }
  /** Of requests only: whatever the bucket usually does. */
  | { readonly algorithm: "AES256" };

export interface StoredObject extends ObjectAttributes {
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum: Checksum;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  /** Place in the order of all changes: a later one is greater as text. */
  readonly sequencer: string;
  /** Absent: the null version, written while the bucket kept no versions. */
  readonly version?: string;
  /** Of an archived object: until when it can be read, in milliseconds since the epoch. */
  readonly restored?: number;
  readonly body: Body;
}

/** A version that says that the object is deleted: the earlier ones are still there. */
export interface DeleteMarker {
  readonly marker: true;
  /** As an object's. */
  readonly version?: string;
  readonly lastModified: number;
  readonly sequencer: string;
}

/** One blob, or the parts of a multipart upload, whose list is kept apart under the upload's id: it can be long. */
export type Body =
  | {
      readonly blob: string;
      /** Of a sealed blob: base64 of the counter with which it begins. */
      readonly iv?: string;
    }
  | { readonly upload: string; readonly parts: number; readonly blob?: undefined };

/** A part of a multipart upload, or of the object that came of it. */
export interface Part {
  /** 1 to 10,000, with gaps. */
  readonly number: number;
  readonly blob: string;
  readonly iv?: string;
  readonly size: number;
  readonly etag: string;
  /** Of the upload's algorithm; base64. */
  readonly checksum: string;
  readonly lastModified: number;
}

export interface Upload extends ObjectAttributes {
  readonly id: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly initiated: number;
  readonly sequencer: string;
  /** Absent where the client named none: S3 then keeps a CRC64NVME, and does not speak of it before the end. */
  readonly checksum?: Pick<Checksum, "algorithm" | "type">;
}

export type StorageClass = (typeof storageClasses)[number];
const storageClasses = [
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
] as const;

export const isStorageClass = (name: string): name is StorageClass =>
  storageClasses.some((storageClass) => storageClass === name);

/** Whether S3 refuses to read an object until it is restored. */
export const isArchived = (storageClass: StorageClass): boolean =>
  storageClass === "GLACIER" || storageClass === "DEEP_ARCHIVE";

/** S3's limits, in bytes where they are sizes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const limits = {
  keyBytes: 1024,
  metadataBytes: 2048,
  putBytes: 5 * 1024 ** 3,
  smallestPart: 5 * 1024 ** 2,
  parts: 10_000,
  keysPerDelete: 1000,
  page: 1000,
} as const;

/** Names and values of user metadata together, as S3 counts them. */
export const metadataSize = (metadata: Readonly<Record<string, string>>): number =>
  Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
