/** Resource policies of functions and layer versions: who may call, in IAM's words. */
import { YunqueError } from "./errors.ts";
import { MAX_POLICY_BYTES } from "./function-limits.ts";
import { partitionOf } from "./function-name.ts";

/** A statement as IAM writes it; the order of the members is the order in which AWS answers them. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal: "*" | { readonly Service: string } | { readonly AWS: string };
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The policy of one qualifier of a function, or of one layer version. */
export interface ResourcePolicy {
  readonly statements: readonly PolicyStatement[];
}

/** What AddPermission says. */
export interface PermissionGrant {
  readonly statementId: string;
  readonly action: string;
  readonly principal: string;
  /** ARN of what is granted. */
  readonly resource: string;
  readonly sourceArn?: string | undefined;
  readonly sourceAccount?: string | undefined;
  readonly principalOrgId?: string | undefined;
  readonly eventSourceToken?: string | undefined;
  readonly functionUrlAuthType?: string | undefined;
  readonly invokedViaFunctionUrl?: boolean | undefined;
}

/**
 * The statement that a grant becomes.
 * @throws YunqueError `InvalidFunction` where the principal is nobody.
 */
export function statementOf(grant: PermissionGrant, region: string): PolicyStatement {
  const condition = conditionOf(grant);
  return {
    Sid: grant.statementId,
    Effect: "Allow",
    Principal: principalOf(grant.principal, region),
    Action: grant.action,
    Resource: grant.resource,
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}

function principalOf(principal: string, region: string): PolicyStatement["Principal"] {
  if (principal === "*") return "*";
  if (/^\d{12}$/.test(principal))
    return { AWS: `arn:${partitionOf(region)}:iam::${principal}:root` };
  if (principal.startsWith("arn:")) return { AWS: principal };
  if (/^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/.test(principal)) return { Service: principal };
  throw new YunqueError(
    "InvalidFunction",
    "The provided principal was invalid. Please check the principal and try again.",
  );
}

/** Lambda: AddPermission, "Request parameters"; the keys as AWS answers them. */
function conditionOf(grant: PermissionGrant): PolicyStatement["Condition"] {
  const equals: Record<string, string> = {};
  if (grant.sourceAccount !== undefined) equals["AWS:SourceAccount"] = grant.sourceAccount;
  if (grant.principalOrgId !== undefined) equals["aws:PrincipalOrgID"] = grant.principalOrgId;
  if (grant.eventSourceToken !== undefined)
    equals["lambda:EventSourceToken"] = grant.eventSourceToken;
  if (grant.functionUrlAuthType !== undefined)
    equals["lambda:FunctionUrlAuthType"] = grant.functionUrlAuthType;
  const condition: Record<string, Record<string, string>> = {};
  if (Object.keys(equals).length > 0) condition["StringEquals"] = equals;
  if (grant.sourceArn !== undefined) condition["ArnLike"] = { "AWS:SourceArn": grant.sourceArn };
  if (grant.invokedViaFunctionUrl !== undefined)
    condition["Bool"] = { "lambda:InvokedViaFunctionUrl": String(grant.invokedViaFunctionUrl) };
  return Object.keys(condition).length > 0 ? condition : undefined;
}

/**
 * A policy with one statement more.
 * @throws YunqueError `FunctionConflict` where the statement id is taken, `PolicyTooLong` past 20 KB.
 */
export function withStatement(
  policy: ResourcePolicy | undefined,
  statement: PolicyStatement,
): ResourcePolicy {
  const before = policy?.statements ?? [];
  if (before.some(({ Sid }) => Sid === statement.Sid))
    throw new YunqueError(
      "FunctionConflict",
      `The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    );
  const after = { statements: [...before, statement] };
  const size = new TextEncoder().encode(policyDocument(after)).length;
  if (size > MAX_POLICY_BYTES)
    throw new YunqueError(
      "PolicyTooLong",
      `The final policy size (${size}) is bigger than the limit (${MAX_POLICY_BYTES}).`,
    );
  return after;
}

/** The policy as the JSON text that AWS answers. */
export function policyDocument(policy: ResourcePolicy): string {
  return JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: policy.statements });
}

/** Whether everybody may call the function's URL without signing. Lambda: "Control access to Lambda function URLs". */
export function allowsPublicUrl(policy: ResourcePolicy | undefined): boolean {
  return (policy?.statements ?? []).some(
    ({ Principal, Action, Condition }) =>
      Principal === "*" &&
      (Action === "lambda:InvokeFunctionUrl" || Action === "lambda:*" || Action === "*") &&
      (Condition?.["StringEquals"]?.["lambda:FunctionUrlAuthType"] ?? "NONE") === "NONE" &&
      onlyUrlConditions(Condition),
  );
}

/** A statement that asks for more than the kind of URL (a source account, an organisation) does not open it to all. */
function onlyUrlConditions(condition: PolicyStatement["Condition"]): boolean {
  return Object.entries(condition ?? {}).every(([operator, keys]) =>
    Object.keys(keys).every(
      (key) => operator === "StringEquals" && key === "lambda:FunctionUrlAuthType",
    ),
  );
}
