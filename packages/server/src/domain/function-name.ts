/** How callers name functions: by name, by partial ARN, by full ARN, each with or without a qualifier. */
import type { Scope } from "./scope.ts";

/** What a caller wrote in place of a function's name, taken apart. */
export interface FunctionReference {
  readonly name: string;
  /** Absent where the text names none. */
  readonly account: string | undefined;
  readonly region: string | undefined;
  /** `$LATEST`, a version's number or an alias. */
  readonly qualifier: string | undefined;
}

/** The qualifier of the code and configuration that updates change. */
export const LATEST = "$LATEST";

/**
 * Of functions on capacity providers: what was published last under no number. It is what runs where a caller names no
 * qualifier; `$LATEST` itself is never invoked there.
 */
export const LATEST_PUBLISHED = "$LATEST.PUBLISHED";

const REFERENCE =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9-_.]{1,170})(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/;

/** Takes a name or ARN apart; undefined where it is neither. Lambda: the pattern and the length of FunctionName. */
export function parseFunctionReference(text: string): FunctionReference | undefined {
  const match = REFERENCE.exec(text);
  if (match === null) return undefined;
  const [, region, account, name = "", qualifier] = match;
  return { name, account, region, qualifier };
}

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]` */
export function functionArn(scope: Scope, name: string, qualifier?: string): string {
  const arn = `arn:${partitionOf(scope.region)}:lambda:${scope.region}:${scope.account}:function:${name}`;
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}

/** `arn:aws:lambda:REGION:ACCOUNT:KIND:ID`, for layers and other resources that are no functions. */
export function lambdaArn(scope: Scope, kind: string, id: string): string {
  return `arn:${partitionOf(scope.region)}:lambda:${scope.region}:${scope.account}:${kind}:${id}`;
}

/** Whether a qualifier is the number of a published version. */
export function isVersionNumber(qualifier: string): boolean {
  return /^[0-9]+$/.test(qualifier);
}

/** Whether a qualifier has the form of an alias: not a number, no `$`. */
export function isAliasName(qualifier: string): boolean {
  return /^[a-zA-Z0-9-_]+$/.test(qualifier) && !isVersionNumber(qualifier);
}

/** AWS's partition of a region: `aws`, `aws-cn` or `aws-us-gov`. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
