import {
  functionArn,
  isAliasName,
  isVersionNumber,
  LATEST,
  LATEST_PUBLISHED,
  parseFunctionReference,
} from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { functionError, invalid, notFound } from "./errors.ts";

/** Which function, or which version or alias of it, an operation is about. */
export interface Target {
  readonly scope: Scope;
  readonly name: string;
  readonly qualifier: string | undefined;
}

/**
 * What a caller means by a function's name or ARN and a qualifier beside it.
 * @throws YunqueError where the two qualifiers differ or the function lives in another region.
 */
export function targetOf(scope: Scope, functionName: string, qualifier?: string): Target {
  const reference = parseFunctionReference(functionName);
  if (reference === undefined) throw notFound(`Function not found: ${functionName}`);
  const { name, account = scope.account, region = scope.region } = reference;
  if (region !== scope.region)
    throw notFound(
      `Functions from '${region}' are not reachable in this region ('${scope.region}')`,
    );
  if (
    reference.qualifier !== undefined &&
    qualifier !== undefined &&
    reference.qualifier !== qualifier
  )
    throw invalid(
      "The derived qualifier from the function name does not match the specified qualifier.",
    );
  return { scope: { account, region }, name, qualifier: reference.qualifier ?? qualifier };
}

/** @throws YunqueError where a qualifier was given to an operation that is about the whole function. */
export function unqualified(target: Target): Target {
  if (target.qualifier === undefined) return target;
  throw invalid(
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
  );
}

/** @throws YunqueError `ForeignAccount` where something would be created in an account that is not the caller's. */
export function checkOwnAccount(caller: Scope, scope: Scope): void {
  if (scope.account !== caller.account)
    throw functionError(
      "ForeignAccount",
      `Account ${caller.account} creates nothing in account ${scope.account}`,
    );
}

/** The target's ARN, as far as the caller qualified it. */
export const arnOf = (target: Target): string =>
  functionArn(target.scope, target.name, target.qualifier);

/** The kind of thing that a qualifier names. */
export function kindOf(qualifier: string | undefined): "latest" | "version" | "alias" | "other" {
  if (qualifier === undefined || qualifier === LATEST) return "latest";
  if (isVersionNumber(qualifier) || qualifier === LATEST_PUBLISHED) return "version";
  return isAliasName(qualifier) ? "alias" : "other";
}
