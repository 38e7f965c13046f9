/** Where the service's records lie. */
import type { Scope } from "../../domain/scope.ts";
import type { TargetName } from "./model.ts";

const KIND = { targets: "autoscaling-targets", policies: "autoscaling-policies" } as const;

const within = ({ account, region }: Scope, kind: string): string => `${account}/${region}/${kind}`;

/** id: `targetId`. ScalableTarget. */
export const targetsSpace = (scope: Scope): string => within(scope, KIND.targets);
/** id: `childId`. ScalingPolicy. */
export const policiesSpace = (scope: Scope): string => within(scope, KIND.policies);
/** id: `childId`. ScheduledAction. */
export const actionsSpace = (scope: Scope): string => within(scope, "autoscaling-actions");
/** id: newest first, see activities.ts. ScalingActivity. */
export const activitiesSpace = (scope: Scope): string => within(scope, "autoscaling-activities");
/** id: dimension. How many targets of it there are. */
export const countsSpace = (scope: Scope): string => within(scope, "autoscaling-counts");
/** Everything that is to be done at a time, of all scopes: see agenda.ts. */
export const AGENDA = "all/all/autoscaling-agenda";

/** Names have no space at their ends, and dimensions and resource ids have none at all: ids are never ambiguous. */
export const targetId = ({ dimension, resourceId }: TargetName): string =>
  `${dimension} ${resourceId}`;

/** A policy or scheduled action of a target. */
export const childId = (target: TargetName, name: string): string => `${targetId(target)} ${name}`;

/** The scopes that have policies, of all the spaces there are. */
export function scopesWithPolicies(spaces: readonly string[]): Scope[] {
  return spaces.flatMap((space) => {
    const [account, region, kind] = space.split("/");
    return account !== undefined && region !== undefined && kind === KIND.policies
      ? [{ account, region }]
      : [];
  });
}
