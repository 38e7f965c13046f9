/** Buckets on the wire. */
import { type Grant, isPrivate } from "../../domain/access-control.ts";
import { bucketArn, canonicalId, HOME_REGION } from "../../domain/bucket.ts";
import type { Tag } from "../../domain/object-tags.ts";
import type { Bucket, Objects } from "../../services/objects/index.ts";
import type { CreateBucketRequest, S3Api } from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { bucketName, callerOf, ownerOf } from "./s3-caller.ts";
import { invalidArgument, s3Error } from "./s3-errors.ts";
import { headerGrants } from "./s3-grants.ts";
import { isOwnership } from "./s3-settings.ts";
import { openToken, sealToken } from "./s3-tokens.ts";
import { bucketUrl } from "./s3-url.ts";

const MAX_BUCKETS = 10_000;

export function bucketDoor(objects: Objects): Door<S3Api> {
  return {
    CreateBucket: (input, context) => create(objects, input, context),

    async HeadBucket(input, context) {
      const bucket = await objects.headBucket(callerOf(context), bucketName(input));
      return {
        BucketArn: bucketArn(bucket.name),
        BucketRegion: bucket.region,
        AccessPointAlias: false,
      };
    },

    async DeleteBucket(input, context) {
      await objects.deleteBucket(callerOf(context), bucketName(input));
    },

    async GetBucketLocation(input, context) {
      const bucket = await objects.headBucket(callerOf(context), bucketName(input));
      const location = bucket.location ?? bucket.region;
      return location === HOME_REGION ? {} : { LocationConstraint: location };
    },

    async ListBuckets(input, context) {
      const { Prefix, MaxBuckets = MAX_BUCKETS, ContinuationToken, BucketRegion } = input;
      if (MaxBuckets < 1 || MaxBuckets > MAX_BUCKETS)
        throw invalidArgument(
          "max-buckets",
          MaxBuckets,
          `Argument max-buckets must be an integer between 1 and ${MAX_BUCKETS}`,
        );
      const { buckets, next } = await objects.listBuckets(callerOf(context), {
        max: MaxBuckets,
        ...(Prefix !== undefined && { prefix: Prefix }),
        ...(ContinuationToken !== undefined && { after: openToken(ContinuationToken) }),
        ...(BucketRegion !== undefined && { region: BucketRegion }),
      });
      // As recorded: the region is told to those who ask for a part of the list.
      const selects = [Prefix, input.MaxBuckets, ContinuationToken, BucketRegion];
      const withRegion = selects.some((value) => value !== undefined);
      return {
        Buckets: buckets.map((bucket) => listed(bucket, withRegion)),
        Owner: ownerOf(context.account),
        ...(Prefix !== undefined && { Prefix }),
        ...(next !== undefined && { ContinuationToken: sealToken(next) }),
      };
    },
  };
}

async function create(objects: Objects, input: CreateBucketRequest, context: AwsContext) {
  const { Bucket: name, CreateBucketConfiguration: configuration } = input;
  const grants = headerGrants(input, context.account);
  const ownership = ownershipOf(input, grants, context.account);
  const caller = callerOf(context);
  const location = configuration?.LocationConstraint;
  const tags: Tag[] = (configuration?.Tags ?? []).map((tag) => ({
    key: tag.Key,
    value: tag.Value,
  }));
  if (tags.some(({ key }) => key.startsWith("aws:")))
    throw s3Error(
      400,
      "InvalidTag",
      'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.',
    );
  const request = {
    name,
    tags,
    ...(location !== undefined && { location }),
    ...(ownership !== undefined && { ownership }),
    ...(grants !== undefined && { grants }),
    ...(input.ObjectLockEnabledForBucket === true && { locking: true }),
  };
  const bucket = await objects.createBucket(caller, request).catch((error: unknown) => {
    // The classic endpoint takes a bucket that is there for success, as long as the request says nothing of tags.
    if (context.region !== HOME_REGION || tags.length > 0 || !isOwned(error)) throw error;
    return objects.headBucket(caller, { bucket: name });
  });
  return { Location: placeOf(bucket, context), BucketArn: bucketArn(name) };
}

const isOwned = (error: unknown): boolean =>
  error instanceof Object && "code" in error && error.code === "BucketExists";

/** A path in the classic region, a URL elsewhere. */
const placeOf = ({ name, region }: Bucket, context: AwsContext): string =>
  region === HOME_REGION ? `/${name}` : `${bucketUrl(context, name)}/`;

/** @throws AwsError where S3 knows no such ownership, or a list counts nothing under it. */
function ownershipOf(
  { ObjectOwnership: wanted }: CreateBucketRequest,
  grants: readonly Grant[] | undefined,
  account: string,
) {
  if (wanted !== undefined && !isOwnership(wanted))
    throw s3Error(400, "InvalidArgument", `Invalid x-amz-object-ownership header: ${wanted}`, {
      ArgumentName: "x-amz-object-ownership",
    });
  const lists = wanted !== undefined && wanted !== "BucketOwnerEnforced";
  if (!lists && grants !== undefined && !isPrivate(grants, canonicalId(account)))
    throw s3Error(
      400,
      "InvalidBucketAclWithObjectOwnership",
      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    );
  return wanted;
}

const listed = ({ name, created, region }: Bucket, withRegion: boolean) => ({
  Name: name,
  CreationDate: new Date(created),
  BucketArn: bucketArn(name),
  ...(withRegion && { BucketRegion: region }),
});
