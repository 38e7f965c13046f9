import type { AwsContext } from "../context.ts";
import { bucketOfHost } from "../quirks/s3-host.ts";

/** Where the client finds a bucket, in the style in which it came: `http://HOST/BUCKET` or `http://BUCKET.HOST`. */
export function bucketUrl({ origin }: AwsContext, bucket: string): string {
  const { host } = new URL(origin);
  return bucketOfHost(host) === undefined ? `${origin}/${bucket}` : origin;
}

/** Slashes of a key stand for themselves. */
export const objectUrl = (context: AwsContext, bucket: string, key: string): string =>
  `${bucketUrl(context, bucket)}/${key.split("/").map(encodeURIComponent).join("/")}`;
