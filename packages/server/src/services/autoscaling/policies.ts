/** Scaling policies: target tracking of the dimension's predefined metric. */
import { randomUUID } from "node:crypto";
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { type ChildFilter, childArn, childPage, isName } from "./children.ts";
import type { AutoscalingDependencies } from "./context.ts";
import { DIMENSIONS, type DimensionName } from "./dimensions.ts";
import { autoscalingError, invalid, notFound } from "./errors.ts";
import type { ScalingPolicy, TargetName } from "./model.ts";
import type { Page } from "./paging.ts";
import { childId, policiesSpace, targetId } from "./spaces.ts";
import { editTarget, findTarget, naming } from "./store.ts";
import { nameOf, type TargetRequest } from "./targets.ts";

/** What a request says of tracking; a policy that exists takes all of it. */
export interface Tracking {
  readonly targetValue: number;
  readonly metric?: string | undefined;
  readonly resourceLabel?: string | undefined;
  /** Whether the request brings a metric of its own. */
  readonly customized: boolean;
  readonly scaleOutCooldown?: number | undefined;
  readonly scaleInCooldown?: number | undefined;
  readonly disableScaleIn?: boolean | undefined;
}

export interface PolicyRequest extends TargetRequest {
  readonly name: string;
  readonly type?: string | undefined;
  readonly tracking?: Tracking | undefined;
}

export interface DescribedPolicy {
  readonly policy: ScalingPolicy;
  readonly arn: string;
  readonly alarms: readonly { readonly name: string; readonly arn: string }[];
}

export interface PolicyOperations {
  put(scope: Scope, request: PolicyRequest): Promise<DescribedPolicy>;
  describe(scope: Scope, filter: ChildFilter): Promise<Page<DescribedPolicy>>;
  delete(scope: Scope, request: TargetRequest & { readonly name: string }): Promise<void>;
}

const TYPE = "TargetTrackingScaling";

/** `added` hears of scopes that have a policy. */
export function createPolicies(
  { records, clock }: AutoscalingDependencies,
  added: (scope: Scope) => void,
): PolicyOperations {
  return {
    async put(scope, request) {
      const { name } = request;
      const target = nameOf(request);
      checkType(request);
      const id = childId(target, name);
      const space = policiesSpace(scope);
      const result = await editTarget(records, scope, target, async (owner) => {
        const siblings = await everyRecord<ScalingPolicy>(records, space, `${targetId(target)} `);
        const before = siblings.find((sibling) => sibling.id === id)?.value;
        if (before === undefined && request.type === undefined)
          throw invalid("Policy type must be specified");
        const tracking =
          request.tracking === undefined
            ? before
            : checkTracking(target.dimension, request.tracking);
        if (tracking === undefined) throw invalid(`${TYPE} policy configuration must be specified`);
        // Every policy of a dimension tracks its one metric, so that a target has one policy.
        if (before === undefined && siblings.length > 0)
          throw invalid(
            "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
          );
        const policy: ScalingPolicy = {
          ...tracking,
          name,
          target,
          group: owner.group,
          created: before?.created ?? clock.now(),
          alarms: alarmsOf(target, before, tracking.disableScaleIn),
        };
        return { changes: [{ put: policy, space, id }], result: described(scope, policy) };
      });
      added(scope);
      return result;
    },

    async describe(scope, filter) {
      const page = await childPage<ScalingPolicy>(records, policiesSpace(scope), filter);
      return { ...page, items: page.items.map((policy) => described(scope, policy)) };
    },

    async delete(scope, request) {
      const { name } = request;
      const target = nameOf(request);
      const missing = () =>
        notFound(`No scaling policy found for ${naming(target)}, policy name: ${name}`);
      if (!isName(name) || (await findTarget(records, scope, target)) === undefined)
        throw missing();
      const space = policiesSpace(scope);
      const id = childId(target, name);
      await editTarget(records, scope, target, async () => {
        if ((await records.get(space, id)) === undefined) throw missing();
        return { changes: [{ delete: true, space, id }], result: undefined };
      });
    },
  };
}

/** Lambda, DynamoDB and the like are scaled by target tracking and by schedules alone. */
function checkType({ type, tracking, name, namespace }: PolicyRequest): void {
  if (!isName(name)) throw invalid("The policy name is not valid");
  if (type !== undefined && type !== TYPE)
    throw invalid(`${type} is not supported for the service namespace ${namespace}`);
  if (type === TYPE && tracking === undefined)
    throw invalid(`${TYPE} policy configuration must be specified`);
}

type KeptTracking = Omit<ScalingPolicy, "name" | "target" | "group" | "created" | "alarms">;

function checkTracking(dimension: DimensionName, tracking: Tracking): KeptTracking {
  const { metric, customized, targetValue } = tracking;
  const { metric: only, target } = DIMENSIONS[dimension];
  if (customized && metric !== undefined)
    throw invalid(
      "Only one of PredefinedMetricSpecification or CustomizedMetricSpecification can be set for target tracking scaling.",
    );
  if (customized)
    throw autoscalingError(
      "ScalingMetricUnsupported",
      "Yunque does not track a CustomizedMetricSpecification yet: set a PredefinedMetricSpecification",
    );
  if (metric === undefined)
    throw invalid(
      "PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target tracking scaling.",
    );
  if (metric !== only)
    throw invalid(
      `Scalable dimension ${dimension} only supports the following predefined metric types: ${only}`,
    );
  if (!(targetValue > target.above && targetValue <= target.most))
    throw invalid(
      `Target value for ${metric} must be greater than ${target.above} and at most ${target.most}`,
    );
  for (const cooldown of [tracking.scaleOutCooldown, tracking.scaleInCooldown])
    if (cooldown !== undefined && cooldown < 0) throw invalid("Cooldown must not be negative");
  const { resourceLabel, scaleOutCooldown, scaleInCooldown, disableScaleIn } = tracking;
  return {
    targetValue,
    ...(resourceLabel === undefined ? {} : { resourceLabel }),
    ...(scaleOutCooldown === undefined ? {} : { scaleOutCooldown }),
    ...(scaleInCooldown === undefined ? {} : { scaleInCooldown }),
    ...(disableScaleIn === undefined ? {} : { disableScaleIn }),
  };
}

/** The names of a policy's alarms; those that it has stay. Who never scales in has no low one. */
function alarmsOf(
  { resourceId }: TargetName,
  before: ScalingPolicy | undefined,
  disableScaleIn = false,
): ScalingPolicy["alarms"] {
  const fresh = (kind: "High" | "Low") =>
    `TargetTracking-${resourceId}-Alarm${kind}-${randomUUID()}`;
  const high = before?.alarms.high ?? fresh("High");
  return disableScaleIn ? { high } : { high, low: before?.alarms.low ?? fresh("Low") };
}

function described(scope: Scope, policy: ScalingPolicy): DescribedPolicy {
  const { high, low } = policy.alarms;
  const { account, region } = scope;
  return {
    policy,
    arn: childArn(scope, ["scalingPolicy", "policyName"], policy),
    alarms: (low === undefined ? [high] : [high, low]).map((name) => ({
      name,
      arn: `arn:${partitionOf(region)}:cloudwatch:${region}:${account}:alarm:${name}`,
    })),
  };
}
