import { canonicalId } from "../../domain/bucket.ts";
import { usableTraceId } from "../../domain/trace-id.ts";
import type { Caller } from "../../services/objects/index.ts";
import type { AwsContext } from "../context.ts";
import { hostIdOf } from "../quirks/s3-host-id.ts";
import { s3Error } from "./s3-errors.ts";

/** Who asks, as objects and their events know it. */
export function callerOf(context: AwsContext): Caller {
  const { account, region, requestId, accessKeyId, sourceIp, headers } = context;
  const traceId = usableTraceId(headers["x-amzn-trace-id"]);
  return {
    account,
    region,
    requestId,
    hostId: hostIdOf(requestId),
    principal: `AWS:${accessKeyId ?? account}`,
    sourceIp,
    ...(traceId === undefined ? {} : { traceId }),
  };
}

/** An account as the owner of buckets, objects and uploads. */
export const ownerOf = (account: string): { readonly ID: string } => ({ ID: canonicalId(account) });

interface NamesBucket {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** @throws AwsError where the expected owner is no account at all. */
export function bucketName({ Bucket, ExpectedBucketOwner }: NamesBucket) {
  return { bucket: Bucket, expectedOwner: accountId(ExpectedBucketOwner) };
}

export function objectName(input: NamesBucket & { readonly Key: string }) {
  return { ...bucketName(input), key: input.Key };
}

export function versionName(
  input: NamesBucket & { readonly Key: string; readonly VersionId?: string | undefined },
) {
  return { ...objectName(input), version: input.VersionId || undefined };
}

export function uploadName(
  input: NamesBucket & { readonly Key: string; readonly UploadId: string },
) {
  return { ...objectName(input), upload: input.UploadId };
}

/** @throws AwsError */
export function accountId(owner: string | undefined): string | undefined {
  if (owner !== undefined && !/^\d{12}$/.test(owner))
    throw s3Error(
      400,
      "InvalidBucketOwnerAWSAccountID",
      `The value of the expected bucket owner parameter must be an AWS Account ID... [${owner}]`,
    );
  return owner;
}
