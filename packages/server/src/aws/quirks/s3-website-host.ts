/**
 * The bucket of a website's host, or undefined for a host that is none: `b.s3-website.localhost:4566`,
 * `b.s3-website-us-east-1.amazonaws.com`, `b.s3-website.eu-central-1.amazonaws.com`. Bucket names may hold dots.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
 */
export function bucketOfWebsite(host: string): string | undefined {
  const labels = host.replace(/:\d+$/, "").split(".");
  const at = labels.findLastIndex((label) => /^s3-website(?:-[a-z0-9-]+)?$/.test(label));
  return at > 0 ? labels.slice(0, at).join(".") : undefined;
}
