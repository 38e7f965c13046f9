import type { Objects } from "../../services/objects/index.ts";
import type { S3Api } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { aclDoor } from "./s3-acls.ts";
import { bucketDoor } from "./s3-buckets.ts";
import { corsDoor } from "./s3-cors.ts";
import { encryptionDoor } from "./s3-encryption.ts";
import { lifecycleDoor } from "./s3-lifecycle.ts";
import { listingDoor } from "./s3-listings.ts";
import { lockDoor } from "./s3-locks.ts";
import { notificationDoor } from "./s3-notifications.ts";
import { objectAttributesDoor } from "./s3-object-attributes.ts";
import { objectDoor } from "./s3-objects.ts";
import { policyDoor } from "./s3-policies.ts";
import { postDoor } from "./s3-post.ts";
import { reportDoor } from "./s3-reports.ts";
import { restoreDoor } from "./s3-restore.ts";
import { settingsDoor } from "./s3-settings.ts";
import { taggingDoor } from "./s3-tagging.ts";
import { uploadListingDoor } from "./s3-upload-listing.ts";
import { uploadDoor } from "./s3-uploads.ts";
import { versionDoor } from "./s3-versions.ts";
import { websiteDoor } from "./s3-websites.ts";
import { wording } from "./s3-words.ts";

/** S3 on AWS's wire. What is in it, and where it differs: docs/reference/s3.md. */
export function createS3Door(objects: Objects): Door<S3Api> {
  return wording({
    ...bucketDoor(objects),
    ...objectDoor(objects),
    ...postDoor(objects),
    ...objectAttributesDoor(objects),
    ...listingDoor(objects),
    ...versionDoor(objects),
    ...uploadDoor(objects),
    ...uploadListingDoor(objects),
    ...taggingDoor(objects),
    ...notificationDoor(objects),
    ...settingsDoor(objects),
    ...encryptionDoor(objects),
    ...aclDoor(objects),
    ...lockDoor(objects),
    ...reportDoor(objects),
    ...corsDoor(objects),
    ...policyDoor(objects),
    ...websiteDoor(objects),
    ...lifecycleDoor(objects),
    ...restoreDoor(objects),
  });
}
