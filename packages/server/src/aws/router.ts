/** Finds the service of a request. A signature says it; what is not signed is told by its target, form, host or path. */
import { CATALOG } from "./api/catalog.ts";
import type { CatalogEntry } from "./catalog-entry.ts";
import type { Query } from "./query-string.ts";
import type { AwsRequest } from "./request.ts";

/** A service of the catalog; or the name of one that is not there; or undefined where nothing says. */
export type Routed = CatalogEntry | { readonly unknown: string } | undefined;

/**
 * The service of a request, as far as it can be told without its body. Where that answers undefined, `formService`
 * may know more, and all else is S3's: it alone has paths of any form.
 */
export function serviceOf(request: AwsRequest): Routed {
  const { signature, headers, query } = request;
  const target = headers["x-amz-target"];
  if (signature?.service !== undefined) {
    const signed = bySigningName.get(signature.service);
    if (signed === undefined) return { unknown: signature.service };
    return signed.length === 1 ? signed[0] : oneOf(signed, request.path, target);
  }
  if (signature?.version === "v2") return S3;
  if (target !== undefined)
    return byTarget.get(targetPrefix(target)) ?? { unknown: targetPrefix(target) };
  if (query.has("Action")) return formService(query, request.path);
  return byPath(request.path) ?? byHost(request.host);
}

/** The service of an unsigned form, which says its version: AssumeRoleWithWebIdentity comes so. */
export function formService(form: Query, path: string): CatalogEntry | undefined {
  const version = form.get("Version");
  if (version !== undefined) return byVersion.get(version);
  if (isSubscriptionLink(form)) return SNS;
  return /^\/\d{12}\/./.test(path) ? byTarget.get("AmazonSQS") : undefined; // a queue's URL
}

/** Links in messages of topics, which people open: they name neither a version nor who asks. */
export function isSubscriptionLink(form: Query): boolean {
  const action = form.get("Action");
  return (
    (action === "ConfirmSubscription" && form.has("Token")) ||
    (action === "Unsubscribe" && form.has("SubscriptionArn"))
  );
}

/** Services that share a signing name differ by target, and API Gateway's by the version in the path. */
function oneOf(
  signed: readonly CatalogEntry[],
  path: string,
  target: string | undefined,
): CatalogEntry | undefined {
  const prefix = target === undefined ? undefined : targetPrefix(target);
  const named = signed.find((entry) => prefix !== undefined && entry.targetPrefix === prefix);
  if (named !== undefined) return named;
  const isV2 = path.startsWith("/v2/");
  return signed.find(({ service }) => service.endsWith("v2") === isV2) ?? signed[0];
}

const targetPrefix = (target: string) => target.slice(0, Math.max(0, target.lastIndexOf(".")));

function byPath(path: string): CatalogEntry | undefined {
  const end = path.indexOf("/", 1);
  const first = path.slice(1, end < 0 ? undefined : end);
  if (first === "service") return byTarget.get(path.split("/")[2] ?? ""); // rpcv2Cbor
  return byFirstSegment.get(first);
}

/** `sqs.us-east-1.amazonaws.com`, `lambda.localhost`, `bucket.s3.localhost`: the bucket may have any name. */
function byHost(host: string): CatalogEntry | undefined {
  const colon = host.lastIndexOf(":");
  const labels = (colon < 0 ? host : host.slice(0, colon)).split(".");
  if (labels.some((label) => label === "s3" || label.startsWith("s3-"))) return S3;
  return byHostName.get(`${labels[0]}.${labels[1]}`) ?? byHostName.get(labels[0] ?? "");
}

const bySigningName = Map.groupBy(CATALOG, ({ signingName }) => signingName);
const byTarget = new Map(CATALOG.map((entry) => [entry.targetPrefix ?? "", entry]));
byTarget.delete("");
const byVersion = new Map(
  CATALOG.filter(({ protocols }) => protocols.includes("awsQuery")).map((entry) => [
    entry.version,
    entry,
  ]),
);
const byFirstSegment = new Map(
  CATALOG.flatMap((entry) => entry.paths.map((path) => [path, entry])),
);
const byHostName = new Map(
  CATALOG.flatMap((entry) => [entry.service, entry.endpointPrefix].map((name) => [name, entry])),
);

/** Where everything goes that says nothing of itself. */
export const S3 = CATALOG.find(({ service }) => service === "s3") as CatalogEntry;
const SNS = CATALOG.find(({ service }) => service === "sns");
const S3_SIGNING_NAMES = ["s3express", "s3-object-lambda", "s3-outposts"];
for (const name of S3_SIGNING_NAMES) bySigningName.set(name, [S3]);
