/**
 * Pages of other sites in this machine's browser: they reach the platform, but nobody meant them to. A browser sends
 * a plain POST without asking first, and what CreateFunction is told would run here. (CWE-352)
 */
import { isLocalName } from "../domain/local-name.ts";
import { AwsError } from "./error.ts";
import { bucketOfWebsite } from "./quirks/s3-website-host.ts";
import type { AwsRequest } from "./request.ts";
import { isSubscriptionLink } from "./router.ts";

/**
 * Refuses what such a page sends. S3 alone serves them, as buckets and presigned URLs are made for: all but a POST that
 * is no upload by a form; before anything else that changes something browsers ask. @throws AwsError
 */
export function refuseForeignPages(
  request: AwsRequest,
  service: string,
  /** The owner's rules let the page in. */
  letIn = false,
): void {
  if (letIn || !isForeignPage(request)) return;
  const { method, headers } = request;
  const isForm = headers["content-type"]?.startsWith("multipart/form-data") === true;
  if (service === "s3" && (method !== "POST" || isForm)) return;
  // A link in a mail, opened where people read their mail: nobody else knows its token.
  if (service === "sns" && method === "GET" && isSubscriptionLink(request.query)) return;
  throw new AwsError(
    service === "s3" ? "AccessDenied" : "AccessDeniedException",
    "Yunque serves no page of another site, except by S3 and function URLs.",
    { status: 403 },
  );
}

/**
 * Browsers name the page's origin with all but the plainest GETs, and there say whether it is another site's. So is the
 * website of a bucket, although its name is local: whoever may put objects there is nobody's friend by that.
 */
function isForeignPage({ headers }: AwsRequest): boolean {
  const { origin } = headers;
  if (origin === undefined) return headers["sec-fetch-site"] === "cross-site";
  const host = URL.parse(origin)?.hostname ?? "";
  return !isLocalName(host) || bucketOfWebsite(host) !== undefined;
}
