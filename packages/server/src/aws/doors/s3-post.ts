/** Form uploads of browsers: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html */
import { type ChecksumAlgorithm, checksumAlgorithms } from "../../domain/checksum.ts";
import { limits, type ObjectEncryption } from "../../domain/object.ts";
import {
  checkPolicy,
  type FormFields,
  type PolicyFault,
  type SizeRange,
} from "../../domain/object-post-policy.ts";
import type { Tag } from "../../domain/object-tags.ts";
import type { Incoming, Objects } from "../../services/objects/index.ts";
import type { PostObjectRequest, S3Api } from "../api/s3.ts";
import { Malformed } from "../codecs/malformed.ts";
import { parseXml } from "../codecs/xml-tree.ts";
import type { AwsContext, Door } from "../context.ts";
import type { AwsError } from "../error.ts";
import { boundaryOf, readUploadForm } from "../quirks/s3-form.ts";
import { attributesOf } from "./s3-attributes.ts";
import { callerOf } from "./s3-caller.ts";
import { invalidArgument, malformedXml, s3Error } from "./s3-errors.ts";
import { customerKey, encryptionMembers } from "./s3-keys.ts";
import { objectUrl } from "./s3-url.ts";

export function postDoor(objects: Objects): Door<S3Api> {
  return { PostObject: (input, context) => post(objects, input, context) };
}

async function post(objects: Objects, input: PostObjectRequest, context: AwsContext) {
  const { Bucket, Body } = input;
  const boundary = boundaryOf(input.ContentType);
  if (boundary === undefined || Body === undefined)
    throw s3Error(
      412,
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold",
      {
        Condition: "Bucket POST must be of the enclosure-type multipart/form-data",
      },
    );
  const { fields, file } = await readUploadForm(Body, boundary);
  const range = authorize(new Map([...fields, ["bucket", Bucket]]));
  if (file === undefined)
    throw invalidArgument("file", 0, "POST requires exactly one file upload per request.");
  const key = required(fields, "key").replaceAll("${filename}", file.name.replace(/^.*[\\/]/s, ""));
  const described = describedBy(fields);
  const checksum = claimedBy(fields);
  const put = await objects.putObject(callerOf(context), {
    bucket: Bucket,
    key,
    attributes: { ...attributesOf(described, context), tags: taggingOf(fields.get("tagging")) },
    body: {
      bytes: within(range, file.bytes),
      ...(checksum && { checksum }),
      ...customerKey(described),
    },
    conditions: {},
    event: "Post",
  });
  const { etag, version, encryption } = put;
  return answer(fields, { Bucket, Key: key, ETag: `"${etag}"`, version, encryption }, context);
}

/** Signatures are verified where identities are; what a policy allows is decided here. */
function authorize(fields: FormFields): SizeRange | undefined {
  const policy = fields.get("policy");
  if (policy === undefined) return undefined;
  const v4 = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"];
  const v2 = ["AWSAccessKeyId", "Signature"];
  const used = [v4, v2].find((names) => names.some((name) => fields.has(name.toLowerCase())));
  if (used === undefined) throw s3Error(403, "AccessDenied", "Access Denied");
  for (const name of used) required(fields, name);
  const checked = checkPolicy(Buffer.from(policy, "base64").toString("utf8"), fields, Date.now());
  if ("fault" in checked) throw policyError(checked);
  return checked.range;
}

function policyError(fault: PolicyFault): AwsError {
  const invalid = (reason: string) =>
    s3Error(403, "AccessDenied", `Invalid according to Policy: ${reason}`);
  switch (fault.fault) {
    case "document":
      return s3Error(400, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON.");
    case "expired":
      return invalid("Policy expired.");
    case "extra":
      return invalid(`Extra input fields: ${fault.fields.join(", ")}`);
    case "condition": {
      const shown = fault.condition.map((each) => `"${each}"`).join(", ");
      return invalid(`Policy Condition failed: [${shown}]`);
    }
  }
}

function required(fields: FormFields, name: string): string {
  const value = fields.get(name.toLowerCase());
  if (value !== undefined) return value;
  throw invalidArgument(
    name,
    null,
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
  );
}

/** The fields that are headers elsewhere, under the names of the model. */
function describedBy(fields: FormFields) {
  const metadata = [...fields].flatMap(([name, value]) =>
    name.startsWith("x-amz-meta-") ? [[name.slice("x-amz-meta-".length), value] as const] : [],
  );
  return {
    ACL: fields.get("acl"),
    CacheControl: fields.get("cache-control"),
    ContentDisposition: fields.get("content-disposition"),
    ContentEncoding: fields.get("content-encoding"),
    ContentType: fields.get("content-type"),
    Expires: fields.get("expires"),
    Metadata: Object.fromEntries(metadata),
    StorageClass: fields.get("x-amz-storage-class"),
    ServerSideEncryption: fields.get("x-amz-server-side-encryption"),
    SSEKMSKeyId: fields.get("x-amz-server-side-encryption-aws-kms-key-id"),
    SSECustomerAlgorithm: fields.get("x-amz-server-side-encryption-customer-algorithm"),
    SSECustomerKey: fields.get("x-amz-server-side-encryption-customer-key"),
    SSECustomerKeyMD5: fields.get("x-amz-server-side-encryption-customer-key-md5"),
    WebsiteRedirectLocation: fields.get("x-amz-website-redirect-location"),
  };
}

/** `<Tagging><TagSet><Tag><Key>..</Key><Value>..</Value></Tag></TagSet></Tagging>` */
function taggingOf(xml: string | undefined): readonly Tag[] {
  if (xml === undefined) return [];
  try {
    const tags = parseXml(xml).children.flatMap(({ children }) => children);
    return tags.map(({ children }) => {
      const text = (name: string) => children.find((child) => child.name === name)?.text;
      const [key, value] = [text("Key"), text("Value")];
      if (key === undefined || value === undefined) throw malformedXml();
      return { key, value };
    });
  } catch (error) {
    throw error instanceof Malformed ? malformedXml() : error;
  }
}

function claimedBy(fields: FormFields): Incoming["checksum"] {
  const nameOf = (algorithm: ChecksumAlgorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`;
  const algorithm = checksumAlgorithms.find((each) => fields.has(nameOf(each)));
  const value = algorithm && fields.get(nameOf(algorithm));
  return algorithm && value !== undefined
    ? { algorithm, early: value, value: () => value }
    : undefined;
}

/** A file that is too large is counted to its end: the error says how large it is. */
async function* within(
  range: SizeRange | undefined,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { min, max } = range ?? { min: 0, max: limits.putBytes };
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size <= max) yield chunk;
  }
  if (size > max)
    throw s3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {
      ProposedSize: size,
      MaxSizeAllowed: max,
    });
  if (size < min)
    throw s3Error(
      400,
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed size",
      { ProposedSize: size, MinSizeAllowed: min },
    );
}

/** As the form wants it: 204, 200, 201 with a document, or a way to somewhere else. */
function answer(
  fields: FormFields,
  made: {
    readonly Bucket: string;
    readonly Key: string;
    readonly ETag: string;
    readonly version: string | undefined;
    readonly encryption: ObjectEncryption | undefined;
  },
  context: AwsContext,
) {
  const { Bucket, Key, ETag } = made;
  const Location = objectUrl(context, Bucket, Key);
  const encrypted = encryptionMembers(made.encryption, context);
  const common = { ETag, ...encrypted, VersionId: made.version };
  const redirect = fields.get("success_action_redirect") ?? fields.get("redirect") ?? "";
  if (/^https?:/i.test(redirect) && URL.canParse(redirect)) {
    const url = new URL(redirect);
    for (const [name, value] of Object.entries({ bucket: Bucket, key: Key, etag: ETag }))
      url.searchParams.append(name, value);
    context.reply.status = 303;
    return { ...common, Location: url.href };
  }
  const status = fields.get("success_action_status");
  context.reply.status = status === "200" || status === "201" ? Number(status) : 204;
  const PostResponse = { Location, Bucket, Key, ETag };
  return { ...common, Location, ...(status === "201" && { PostResponse }) };
}
