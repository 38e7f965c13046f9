/** What a bucket may be called, where it may be, and whose it is. */
import { createHash } from "node:crypto";

/** `aws-global` operations and the classic endpoint of S3 live there; its location is written as "none". */
export const HOME_REGION = "us-east-1";

/**
 * Whether S3 would take the name for a new bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(?:xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name)
  );
}

/** Whether a bucket could ever have had the name: once they were up to 255 characters, upper case among them. */
export const isPlainName = (name: string): boolean => /^[A-Za-z0-9._-]{3,255}$/.test(name);

/** `arn:aws:s3:::NAME`: a bucket's ARN names neither account nor region. */
export const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;

/** The 64 hexadecimal digits by which S3 names an account as an owner. */
export const canonicalId = (account: string): string =>
  createHash("sha256").update(`canonical user ${account}`).digest("hex");

/** Why a location constraint was refused: it names no place at all, or one that the endpoint cannot create in. */
export type LocationFault = "invalid" | "illegal";

/**
 * The region of a new bucket, from the region of the endpoint and what the request says.
 * The classic endpoint creates anywhere, a regional one only at home, and there the constraint is a must.
 */
export function placeBucket(
  endpointRegion: string,
  constraint: string | undefined,
): { readonly region: string } | { readonly fault: LocationFault } {
  if (endpointRegion !== HOME_REGION) {
    const region = constraint === "EU" ? "eu-west-1" : constraint;
    return region === endpointRegion ? { region } : { fault: "illegal" };
  }
  if (constraint === undefined) return { region: HOME_REGION };
  if (constraint === "EU") return { region: "eu-west-1" };
  return constraint !== HOME_REGION && REGIONS.has(constraint)
    ? { region: constraint }
    : { fault: "invalid" };
}

/** Regions in which S3 keeps buckets. */
const REGIONS: ReadonlySet<string> = new Set([
  "af-south-1",
  "ap-east-1",
  "ap-east-2",
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-south-2",
  "ap-southeast-1",
  "ap-southeast-2",
  "ap-southeast-3",
  "ap-southeast-4",
  "ap-southeast-5",
  "ap-southeast-6",
  "ap-southeast-7",
  "ca-central-1",
  "ca-west-1",
  "eu-central-1",
  "eu-central-2",
  "eu-north-1",
  "eu-south-1",
  "eu-south-2",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "il-central-1",
  "me-central-1",
  "me-south-1",
  "mx-central-1",
  "sa-east-1",
  "us-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
]);
