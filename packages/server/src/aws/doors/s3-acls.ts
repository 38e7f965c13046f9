/** Access control lists of buckets and objects on the wire. They are kept and shown; who may do what comes with identities. */
import { type Grant, isPublic, ownerGrants } from "../../domain/access-control.ts";
import { canonicalId } from "../../domain/bucket.ts";
import type { Objects } from "../../services/objects/index.ts";
import type { S3Api } from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { bucketName, callerOf, versionName } from "./s3-caller.ts";
import { s3Error } from "./s3-errors.ts";
import { shownGrants, wantedGrants } from "./s3-grants.ts";
import { publicAccess } from "./s3-settings.ts";

export function aclDoor(objects: Objects): Door<S3Api> {
  const blockPublic = async (
    input: Parameters<typeof bucketName>[0],
    grants: readonly Grant[],
    context: AwsContext,
  ) => {
    if (!isPublic(grants)) return;
    const block = await publicAccess(objects, input, context);
    if (block?.BlockPublicAcls === true) throw s3Error(403, "AccessDenied", "Access Denied");
  };
  return {
    async GetBucketAcl(input, context) {
      const grants = await objects.getBucketGrants(callerOf(context), bucketName(input));
      return shownGrants(grants ?? ownerGrants(canonicalId(context.account)), context.account);
    },

    async PutBucketAcl(input, context) {
      const grants = wantedGrants(input, context.account);
      await blockPublic(input, grants, context);
      await objects.putBucketGrants(callerOf(context), bucketName(input), grants);
    },

    async GetObjectAcl(input, context) {
      const { grants, version } = await objects.getObjectGrants(
        callerOf(context),
        versionName(input),
      );
      if (version !== undefined) context.reply.headers["x-amz-version-id"] = version;
      return shownGrants(grants ?? ownerGrants(canonicalId(context.account)), context.account);
    },

    async PutObjectAcl(input, context) {
      const grants = wantedGrants(input, context.account);
      await blockPublic(input, grants, context);
      const name = versionName(input);
      const { version } = await objects.putObjectGrants(callerOf(context), name, grants);
      if (version !== undefined) context.reply.headers["x-amz-version-id"] = version;
      return {};
    },
  };
}
