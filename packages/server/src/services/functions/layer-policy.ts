/** Resource policies of layer versions: which accounts may use them. */
import { randomUUID } from "node:crypto";
import {
  type PolicyStatement,
  type ResourcePolicy,
  statementOf,
  withStatement,
} from "../../domain/function-policy.ts";
import { type LayerVersion, layerArn } from "../../domain/layer.ts";
import type { Scope } from "../../domain/scope.ts";
import type { FunctionsContext } from "./context.ts";
import { notFound, revisionMismatch } from "./errors.ts";
import { layerOf } from "./layers.ts";
import { layerVersionsSpace, numberId } from "./spaces.ts";

/** The version of a layer that a policy is of. */
export interface LayerTarget {
  readonly layerName: string;
  readonly version: number;
}

type LayerPolicy = ResourcePolicy & { readonly revisionId: string };

export interface LayerPolicyOperations {
  add(
    scope: Scope,
    target: LayerTarget,
    grant: {
      readonly statementId: string;
      readonly action: string;
      readonly principal: string;
      readonly organizationId?: string | undefined;
    },
    revisionId?: string,
  ): Promise<{ readonly statement: PolicyStatement; readonly revisionId: string }>;
  remove(
    scope: Scope,
    target: LayerTarget,
    statementId: string,
    revisionId?: string,
  ): Promise<void>;
  get(scope: Scope, target: LayerTarget): Promise<LayerPolicy>;
}

export function createLayerPolicies({ records }: FunctionsContext): LayerPolicyOperations {
  async function read(caller: Scope, { layerName, version }: LayerTarget) {
    const { scope, name } = layerOf(caller, layerName);
    const space = layerVersionsSpace(scope, name);
    const id = numberId(version);
    return { scope, name, space, id, found: await records.get<LayerVersion>(space, id) };
  }

  return {
    async add(caller, target, grant, revisionId) {
      const { scope, name, space, id, found } = await read(caller, target);
      const arn = layerArn(scope, name, target.version);
      if (found === undefined) throw notFound(`Layer version ${arn} does not exist.`);
      checkRevision(found.value.policy, revisionId);
      const statement = statementOf(
        { ...grant, resource: arn, principalOrgId: grant.organizationId },
        scope.region,
      );
      const policy = { ...withStatement(found.value.policy, statement), revisionId: randomUUID() };
      const put: LayerVersion = { ...found.value, policy };
      await records.commit([{ put, space, id, expect: found.revision }]);
      return { statement, revisionId: policy.revisionId };
    },

    async remove(caller, target, statementId, revisionId) {
      const { scope, name, space, id, found } = await read(caller, target);
      if (found === undefined)
        throw notFound(`Layer version ${layerArn(scope, name, target.version)} does not exist.`);
      const { policy, ...version } = found.value;
      checkRevision(policy, revisionId);
      const statements = (policy?.statements ?? []).filter(({ Sid }) => Sid !== statementId);
      if (policy === undefined || statements.length === policy.statements.length)
        throw notFound(`Statement ${statementId} is not found in resource policy.`);
      const put: LayerVersion =
        statements.length === 0
          ? version
          : { ...version, policy: { statements, revisionId: randomUUID() } };
      await records.commit([{ put, space, id, expect: found.revision }]);
    },

    async get(caller, target) {
      const { scope, name, found } = await read(caller, target);
      if (found === undefined)
        throw notFound(`Layer version ${layerArn(scope, name, target.version)} does not exist.`);
      if (found.value.policy === undefined)
        throw notFound("No policy is associated with the given resource.");
      return found.value.policy;
    },
  };
}

function checkRevision(policy: LayerPolicy | undefined, seen: string | undefined): void {
  if (seen !== undefined && seen !== policy?.revisionId) throw revisionMismatch("GetLayerPolicy");
}
