/** Resource policies of functions, one per qualifier: who may invoke, besides the account itself. */
import { randomUUID } from "node:crypto";
import type { FunctionAlias } from "../../domain/function.ts";
import { functionArn, LATEST } from "../../domain/function-name.ts";
import {
  type PermissionGrant,
  type PolicyStatement,
  type ResourcePolicy,
  statementOf,
  withStatement,
} from "../../domain/function-policy.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Change } from "../../ports/records.ts";
import type { FunctionsContext } from "./context.ts";
import { versionOf } from "./describe.ts";
import { functionError, invalid, notFound, revisionMismatch } from "./errors.ts";
import { childSpace, versionId } from "./spaces.ts";
import { type Edit, functionNotFound, type StoredFunction } from "./store.ts";
import { arnOf, kindOf, type Target, targetOf } from "./target.ts";

export interface PolicyOperations {
  add(
    scope: Scope,
    functionName: string,
    qualifier: string | undefined,
    grant: Omit<PermissionGrant, "resource">,
    revisionId?: string,
  ): Promise<PolicyStatement>;
  remove(
    scope: Scope,
    functionName: string,
    qualifier: string | undefined,
    statementId: string,
    revisionId?: string,
  ): Promise<void>;
  /** The policy with the revision of what it belongs to. */
  get(
    scope: Scope,
    functionName: string,
    qualifier?: string,
  ): Promise<ResourcePolicy & { readonly revisionId: string }>;
}

export function createPolicies({ store }: FunctionsContext): PolicyOperations {
  const policyOf = (stored: StoredFunction, qualifier: string) =>
    stored.child<ResourcePolicy>("function-policies", qualifier);

  return {
    async add(caller, functionName, qualifier, grant, revisionId) {
      const target = targetOf(caller, functionName, qualifier);
      if (target.qualifier === LATEST)
        throw invalid("We currently do not support adding policies for $LATEST.");
      return await store.edit(target, async (stored) => {
        const holder = await holderOf(stored, target);
        if (revisionId !== undefined && revisionId !== holder.revisionId) throw revisionMismatch();
        const resource = functionArn(stored.scope, stored.name, target.qualifier);
        const statement = statementOf({ ...grant, resource }, stored.scope.region);
        const before = await policyOf(stored, holder.qualifier);
        const policy = withStatement(before, statement);
        return withPolicy(stored, holder, policy, statement);
      });
    },

    async remove(caller, functionName, qualifier, statementId, revisionId) {
      const target = targetOf(caller, functionName, qualifier);
      const missing = () =>
        notFound(`No policy found for: ${functionArn(target.scope, target.name)}`);
      const decide = async (stored: StoredFunction) => {
        const holder = await holderOf(stored, target);
        const before = await policyOf(stored, holder.qualifier);
        if (before === undefined)
          throw notFound("No policy is associated with the given resource.");
        const statements = before.statements.filter(({ Sid }) => Sid !== statementId);
        if (statements.length === before.statements.length)
          throw notFound(`Statement ${statementId} is not found in resource policy.`);
        if (revisionId !== undefined && revisionId !== holder.revisionId) throw revisionMismatch();
        return withPolicy(stored, holder, { statements }, undefined);
      };
      await store.edit(target, decide, missing);
    },

    async get(caller, functionName, qualifier) {
      const target = targetOf(caller, functionName, qualifier);
      const gone = () => notFound("The resource you requested does not exist.");
      const stored = await store.get(target, (arn) => functionNotFound(arn));
      const holder = await holderOf(stored, target).catch(() => undefined);
      const policy = holder === undefined ? undefined : await policyOf(stored, holder.qualifier);
      if (holder === undefined || policy === undefined) throw gone();
      return { ...policy, revisionId: holder.revisionId };
    },
  };
}

/** What a policy belongs to; its revision is the policy's, and changes with it. */
interface PolicyHolder {
  readonly qualifier: string;
  readonly revisionId: string;
  /** The holder's own record with another revision. */
  revised(revisionId: string): Edit<undefined>;
}

async function holderOf(stored: StoredFunction, target: Target): Promise<PolicyHolder> {
  const { qualifier = LATEST } = target;
  const { head, scope, name } = stored;
  switch (kindOf(qualifier)) {
    case "latest":
      return {
        qualifier,
        revisionId: head.latest.revisionId,
        revised: (revisionId) => ({
          head: { ...head, latest: { ...head.latest, revisionId } },
          result: undefined,
        }),
      };
    case "version": {
      const version = await versionOf(stored, qualifier);
      if (version === undefined) throw functionNotFound(arnOf(target));
      const space = childSpace(scope, "function-versions", name);
      return {
        qualifier,
        revisionId: version.revisionId,
        revised: (revisionId) => ({
          changes: [{ put: { ...version, revisionId }, space, id: versionId(qualifier) }],
          result: undefined,
        }),
      };
    }
    case "alias": {
      const alias = await stored.child<FunctionAlias>("function-aliases", qualifier);
      if (alias === undefined) throw notFound(`Cannot find alias arn: ${arnOf(target)}`);
      const space = childSpace(scope, "function-aliases", name);
      return {
        qualifier,
        revisionId: alias.revisionId,
        revised: (revisionId) => ({
          changes: [{ put: { ...alias, revisionId }, space, id: qualifier }],
          result: undefined,
        }),
      };
    }
    case "other":
      throw functionError("FunctionNotFound", `Cannot find alias arn: ${arnOf(target)}`);
  }
}

/** Puts the policy, or takes it away with its last statement, and gives its holder a new revision. */
function withPolicy<Result>(
  stored: StoredFunction,
  holder: PolicyHolder,
  policy: ResourcePolicy,
  result: Result,
): Edit<Result> {
  const place = {
    space: childSpace(stored.scope, "function-policies", stored.name),
    id: holder.qualifier,
  };
  const change: Change =
    policy.statements.length === 0 ? { delete: true, ...place } : { put: policy, ...place };
  const { head, changes = [] } = holder.revised(randomUUID());
  return { ...(head === undefined ? {} : { head }), changes: [...changes, change], result };
}
