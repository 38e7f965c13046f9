/** Virtual hosts: the bucket may stand in the host's name instead of the path. */

/**
 * The bucket that a host names, or undefined for a host that is an endpoint alone.
 * `b.s3.localhost:4566`, `b.s3.us-east-1.amazonaws.com`, `b.s3-us-west-2.amazonaws.com` and `b.localhost:4566` name `b`;
 * bucket names may hold dots. https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function bucketOfHost(host: string): string | undefined {
  const labels = host.replace(/:\d+$/, "").split(".");
  const s3 = labels.findLastIndex((label) => label === "s3" || label.startsWith("s3-"));
  if (s3 >= 0) return s3 === 0 ? undefined : labels.slice(0, s3).join(".");
  const local = labels.at(-1) === "localhost" && labels.length > 1;
  return local ? labels.slice(0, -1).join(".") : undefined;
}
