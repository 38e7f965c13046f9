/** The message that a notification brings: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
import { bucketArn } from "./bucket.ts";

/** What happened to an object, and who did it. */
export interface ObjectEvent {
  /** `s3:ObjectCreated:Put`, ... */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly account: string;
  readonly region: string;
  readonly bucket: string;
  /** Canonical ids of the bucket's owner and of the caller. */
  readonly owner: string;
  readonly principal: string;
  readonly sourceIp: string;
  readonly requestId: string;
  /** The second id of S3's answers, `x-amz-id-2`. */
  readonly hostId: string;
  readonly key: string;
  /** Absent once the object is gone. */
  readonly size?: number;
  readonly etag?: string;
  /** Absent: the bucket keeps no versions, or it is the null version. */
  readonly version?: string;
  /** Of the return of an object from an archive: until when, and from which class. */
  readonly restore?: { readonly until: number; readonly storageClass: string };
  /** Where it moved to. */
  readonly storageClass?: string;
  readonly sequencer: string;
}

/** One event as a rule's destination gets it. The order of members is S3's own. */
export function notificationMessage(event: ObjectEvent, ruleId: string): object {
  const { name, size, etag, version } = event;
  const tagging = name.startsWith("s3:ObjectTagging:");
  return {
    Records: [
      {
        eventVersion: LATER.test(name) ? "2.3" : "2.1",
        eventSource: "aws:s3",
        awsRegion: event.region,
        eventTime: new Date(event.time).toISOString(),
        eventName: name.replace(/^s3:/, ""),
        userIdentity: { principalId: event.principal },
        requestParameters: { sourceIPAddress: event.sourceIp },
        responseElements: { "x-amz-request-id": event.requestId, "x-amz-id-2": event.hostId },
        s3: {
          s3SchemaVersion: "1.0",
          configurationId: ruleId,
          bucket: {
            name: event.bucket,
            ownerIdentity: { principalId: event.owner },
            arn: bucketArn(event.bucket),
          },
          object: {
            key: formEncode(event.key),
            ...(size !== undefined && !tagging && { size }),
            ...(etag !== undefined && { eTag: etag }),
            ...(version !== undefined && { versionId: version }),
            ...(!tagging && { sequencer: event.sequencer }),
          },
        },
        ...(event.storageClass !== undefined && {
          lifecycleEventData: {
            transitionEventData: { destinationStorageClass: event.storageClass },
          },
        }),
        ...(event.restore !== undefined &&
          name === "s3:ObjectRestore:Completed" && {
            glacierEventData: {
              restoreEventData: {
                lifecycleRestorationExpiryTime: new Date(event.restore.until).toISOString(),
                lifecycleRestoreStorageClass: event.restore.storageClass,
              },
            },
          }),
      },
    ],
  };
}

/** Events that came later, and have another version. Those of tags say less, as recorded. */
const LATER = /^s3:(?:ObjectTagging|ObjectAcl|Lifecycle|IntelligentTiering|ObjectRestore:Delete)/;

/** What a queue or topic gets when it becomes a destination. */
export const testMessage = (
  event: Pick<ObjectEvent, "time" | "bucket" | "requestId" | "hostId">,
): object => ({
  Service: "Amazon S3",
  Event: "s3:TestEvent",
  Time: new Date(event.time).toISOString(),
  Bucket: event.bucket,
  RequestId: event.requestId,
  HostId: event.hostId,
});

/** How S3 writes keys in events and in listings with `encoding-type=url`: as forms do, with slashes left alone. */
export function formEncode(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
    .replaceAll("%2F", "/");
}
