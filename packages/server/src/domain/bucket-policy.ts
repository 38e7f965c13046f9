/** Policies of buckets, as far as they are looked at before identities land: their form, and whether they let in anybody. */
import { bucketArn } from "./bucket.ts";

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Condition?: unknown;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html: 20 KB */
export const POLICY_BYTES = 20 * 1024;

/** S3's words for the first fault of a policy for this bucket, or undefined. */
export function findPolicyFault(text: string, bucket: string): string | undefined {
  const statements = statementsOf(text);
  if (statements === undefined) return "Policies must be valid JSON and the first byte must be '{'";
  if (statements.length === 0) return "Missing required field Statement";
  for (const statement of statements) {
    if (statement.Effect !== "Allow" && statement.Effect !== "Deny")
      return statement.Effect === undefined
        ? "Missing required field Effect"
        : `Invalid effect: ${String(statement.Effect)}`;
    if ((statement.Principal ?? statement.NotPrincipal) === undefined)
      return "Missing required field Principal";
    if ((statement.Action ?? statement.NotAction) === undefined)
      return "Missing required field Action";
    const resources = statement.Resource ?? statement.NotResource;
    if (resources === undefined) return "Missing required field Resource";
    if (!textsOf(resources).every((resource) => isOf(bucket, resource)))
      return "Policy has invalid resource";
    if (!textsOf(statement.Action ?? statement.NotAction).every(isAction))
      return "Policy has invalid action";
  }
  return undefined;
}

/** Whether the policy lets in everybody, without a condition. */
export const isPublicPolicy = (text: string): boolean =>
  (statementsOf(text) ?? []).some(
    ({ Effect, Principal, Condition }) =>
      Effect === "Allow" && Condition === undefined && isEverybody(Principal),
  );

function statementsOf(text: string): Statement[] | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const { Statement: given } = JSON.parse(text) as { Statement?: unknown };
    const all = given === undefined ? [] : [given].flat();
    return all.every((each) => typeof each === "object" && each !== null) ? all : undefined;
  } catch {
    return undefined;
  }
}

const textsOf = (value: unknown): unknown[] => [value].flat();

const isAction = (action: unknown): boolean =>
  typeof action === "string" && (action === "*" || /^s3:[\w*?]+$/i.test(action));

function isOf(bucket: string, resource: unknown): boolean {
  if (typeof resource !== "string") return false;
  const arn = bucketArn(bucket);
  const same = resource.replace(/^arn:aws[a-z-]*:/, "arn:aws:");
  return same === arn || same.startsWith(`${arn}/`) || same === `${arn}*`;
}

function isEverybody(principal: unknown): boolean {
  if (principal === "*") return true;
  if (typeof principal !== "object" || principal === null) return false;
  const { AWS } = principal as { AWS?: unknown };
  return textsOf(AWS).includes("*");
}
