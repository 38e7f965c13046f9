/** What the service tells of a function's version: the version, and the ARN by which the caller asked. */
import type { FunctionAlias, FunctionVersion } from "../../domain/function.ts";
import { functionArn, LATEST } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { notFound } from "./errors.ts";
import { versionId } from "./spaces.ts";
import { functionNotFound, type StoredFunction } from "./store.ts";
import { arnOf, kindOf, type Target } from "./target.ts";

export interface DescribedVersion {
  readonly scope: Scope;
  /** Qualified as the caller qualified it. */
  readonly arn: string;
  readonly version: FunctionVersion;
}

/**
 * The version that a target names, through an alias too.
 * @throws YunqueError `FunctionNotFound` where there is no such version or alias.
 */
export async function describeTarget(
  stored: StoredFunction,
  target: Target,
): Promise<DescribedVersion> {
  const version = await versionOf(stored, target.qualifier);
  if (version === undefined) throw functionNotFound(arnOf(target));
  return { scope: stored.scope, arn: arnOf(target), version };
}

/** The version that a qualifier names: `$LATEST` for none, an alias's main version. */
export async function versionOf(
  stored: StoredFunction,
  qualifier: string | undefined,
): Promise<FunctionVersion | undefined> {
  switch (kindOf(qualifier)) {
    case "latest":
      return stored.head.latest;
    case "version": {
      const version = await stored.child<FunctionVersion>(
        "function-versions",
        versionId(qualifier ?? ""),
      );
      return version?.version === qualifier ? version : undefined; // "01" is not version 1
    }
    case "alias": {
      const alias = await stored.child<FunctionAlias>("function-aliases", qualifier ?? "");
      return alias === undefined ? undefined : await versionOf(stored, alias.version);
    }
    case "other":
      return undefined;
  }
}

/** A version under its own qualified ARN. */
export const describe = (scope: Scope, version: FunctionVersion): DescribedVersion => ({
  scope,
  arn: functionArn(scope, version.name, version.version),
  version,
});

/** `$LATEST` under the function's own ARN. */
export const describeLatest = (scope: Scope, version: FunctionVersion): DescribedVersion => ({
  scope,
  arn: functionArn(scope, version.name),
  version,
});

/**
 * The key under which a policy, URL or asynchronous setting of a qualifier is kept.
 * @throws YunqueError `FunctionNotFound` where the qualifier names nothing.
 */
export async function existingQualifier(
  stored: StoredFunction,
  target: Target,
  missing = notFound(`Function not found: ${arnOf(target)}`),
): Promise<string> {
  const { qualifier = LATEST } = target;
  if ((await versionOf(stored, qualifier)) === undefined) throw missing;
  return qualifier;
}
