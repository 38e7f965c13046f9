/** Events of buckets as EventBridge gets them: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
import type { ObjectEvent } from "./notification-event.ts";

export interface ObjectBusEvent {
  readonly detailType: string;
  readonly detail: object;
}

/** Undefined for what EventBridge is not told. */
export function objectBusEvent(event: ObjectEvent): ObjectBusEvent | undefined {
  const [, kind = "", what = ""] = event.name.split(":");
  const detailType = detailTypeOf(kind, what);
  if (detailType === undefined) return undefined;
  const { size, etag, version, sequencer } = event;
  const described = kind === "ObjectTagging" || kind === "ObjectAcl";
  const deleted = kind === "ObjectRemoved" || kind === "LifecycleExpiration";
  const reason =
    kind === "LifecycleExpiration" ? "Lifecycle Expiration" : REASONS[`${kind}:${what}`];
  const { restore, storageClass } = event;
  return {
    detailType,
    detail: {
      version: "0",
      bucket: { name: event.bucket },
      object: {
        key: event.key,
        ...(size !== undefined && !described && { size }),
        ...(etag !== undefined && { etag }),
        ...(version !== undefined && { "version-id": version }),
        ...(!described && { sequencer }),
      },
      "request-id": event.requestId,
      requester: event.principal === "s3.amazonaws.com" ? event.principal : event.account,
      "source-ip-address": event.sourceIp,
      ...(reason !== undefined && { reason }),
      ...(deleted && {
        "deletion-type": what === "Delete" ? "Permanently Deleted" : "Delete Marker Created",
      }),
      ...(restore !== undefined &&
        what === "Completed" && {
          "restore-expiry-time": new Date(restore.until).toISOString(),
        }),
      ...(restore !== undefined && { "source-storage-class": restore.storageClass }),
      ...(kind === "LifecycleTransition" && { "destination-storage-class": storageClass }),
    },
  };
}

function detailTypeOf(kind: string, what: string): string | undefined {
  switch (kind) {
    case "ObjectCreated":
      return "Object Created";
    case "ObjectRemoved":
    case "LifecycleExpiration":
      return "Object Deleted";
    case "ObjectTagging":
      return what === "Put" ? "Object Tags Added" : "Object Tags Deleted";
    case "ObjectAcl":
      return "Object ACL Updated";
    case "ObjectRestore":
      return what === "Post" ? "Object Restore Initiated" : "Object Restore Completed";
    case "LifecycleTransition":
      return "Object Storage Class Changed";
    default:
      return undefined;
  }
}

/** The API by which it happened. */
const REASONS: Readonly<Record<string, string>> = {
  "ObjectCreated:Put": "PutObject",
  "ObjectCreated:Post": "POST Object",
  "ObjectCreated:Copy": "CopyObject",
  "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
  "ObjectRemoved:Delete": "DeleteObject",
  "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
};
