/** S3's behaviour: buckets, objects, multipart uploads, notifications. The door puts it on AWS's wire. */
import type { Blobs } from "../../ports/blobs.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Records } from "../../ports/records.ts";
import type { Targets } from "../../ports/targets.ts";
import { BlobShelf } from "./blob-shelf.ts";
import { createBucket, deleteBucket, headBucket, listBuckets } from "./buckets.ts";
import { completeUpload } from "./complete-upload.ts";
import {
  deleteConfiguration,
  getConfiguration,
  listConfigurations,
  putConfiguration,
} from "./configurations.ts";
import { copyObject } from "./copy-object.ts";
import { deleteObject, deleteObjects } from "./delete-objects.ts";
import { describeObject, getObject, headObject } from "./get-object.ts";
import { getBucketGrants, getObjectGrants, putBucketGrants, putObjectGrants } from "./grants.ts";
import { getLifecycle, putLifecycle } from "./lifecycle.ts";
import { LifecyclePass } from "./lifecycle-pass.ts";
import { listObjects } from "./list-objects.ts";
import { listVersions } from "./list-versions.ts";
import { getLegalHold, getRetention, putLegalHold, putRetention } from "./locks.ts";
import { getNotifications, putNotifications } from "./notifications.ts";
import { Outbox } from "./outbox.ts";
import { putObject } from "./put-object.ts";
import { restoreObject } from "./restore.ts";
import { getDefaultLock, putDefaultLock, putEncryption, putOwnership } from "./settings.ts";
import { createSequence, type Store } from "./store.ts";
import { liveBlobs, sweepBlobs, sweepParts } from "./sweep.ts";
import { getBucketTags, getObjectTags, putBucketTags, putObjectTags } from "./tags.ts";
import { copyPart, listParts, uploadPart } from "./upload-parts.ts";
import { abortUpload, createUpload, listUploads } from "./uploads.ts";
import { getVersioning, putVersioning } from "./versioning.ts";

export type { ChosenPart } from "./complete-upload.ts";
export type { ConfigurationKind } from "./configurations.ts";
export type { CopySource } from "./copy-object.ts";
export type { Deletion } from "./delete-objects.ts";
export { OBJECT_ERRORS, type ObjectErrorCode } from "./errors.ts";
export type { FoundObject } from "./get-object.ts";
export type { Listing } from "./list-objects.ts";
export type { ListedVersion } from "./list-versions.ts";
export type { CustomerKey } from "./sealing.ts";
export type { Bucket, BucketEncryption, Caller, Ownership, Versioning } from "./store.ts";
export type { StoredPart } from "./upload-parts.ts";
export type { Incoming } from "./write-body.ts";

export interface ObjectPorts {
  readonly records: Records;
  readonly blobs: Blobs;
  readonly clock: Clock;
  /** What notifications go to. */
  readonly targets: Targets;
  /** Hears of a daily pass that failed; it is tried again. */
  readonly onDefect?: (error: unknown) => void;
}

const useCases = {
  createBucket,
  headBucket,
  listBuckets,
  deleteBucket,
  getBucketTags,
  putBucketTags,
  getNotifications,
  putNotifications,
  putObject,
  getObject,
  headObject,
  describeObject,
  copyObject,
  deleteObject,
  deleteObjects,
  listObjects,
  listVersions,
  getVersioning,
  putVersioning,
  getConfiguration,
  putConfiguration,
  deleteConfiguration,
  listConfigurations,
  putOwnership,
  putEncryption,
  getDefaultLock,
  putDefaultLock,
  getBucketGrants,
  putBucketGrants,
  getObjectGrants,
  putObjectGrants,
  getLifecycle,
  putLifecycle,
  getRetention,
  putRetention,
  restoreObject,
  getLegalHold,
  putLegalHold,
  getObjectTags,
  putObjectTags,
  createUpload,
  uploadPart,
  copyPart,
  listParts,
  listUploads,
  completeUpload,
  abortUpload,
};

type Bound<UseCase> = UseCase extends (store: Store, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

/** Every use case, and what the platform does with the whole. */
export type Objects = {
  readonly [Name in keyof typeof useCases]: Bound<(typeof useCases)[Name]>;
} & {
  /** Clears away what a crash left, and sends the events that were on their way. Call it once, when the platform serves. */
  recover(): Promise<void>;
  /** Waits for the deliveries under way, and lets a recovery end early. */
  close(): Promise<void>;
};

export function createObjects(ports: ObjectPorts): Objects {
  const { records, blobs, clock, targets } = ports;
  const outbox = new Outbox({ records, clock, targets });
  let closed = false;
  const stopping = () => closed;
  let sweeping = true;
  const store: Store = {
    records,
    blobs: new BlobShelf(blobs),
    clock,
    outbox,
    sequence: createSequence(clock),
    sweeping: () => sweeping,
    moved: new Set(),
    targets,
  };
  const pass = new LifecyclePass(store, ports.onDefect ?? (() => {}));
  const bound = Object.entries(useCases).map(([name, useCase]) => [
    name,
    (useCase as (...all: unknown[]) => unknown).bind(undefined, store),
  ]);
  return {
    ...(Object.fromEntries(bound) as {
      [Name in keyof typeof useCases]: Bound<(typeof useCases)[Name]>;
    }),
    async recover() {
      await outbox.recover();
      await sweepParts(records, stopping);
      await sweepBlobs(blobs, () => liveBlobs(records), stopping, undefined, store.moved);
      sweeping = false;
      store.moved.clear();
      if (!closed) pass.start();
    },
    async close() {
      closed = true;
      await Promise.all([outbox.close(), pass.close()]);
    },
  };
}
