/** Application Auto Scaling: who may have how much, and when. The folder's only door. */
import type { Scope } from "../../domain/scope.ts";
import { type ActivityFilter, listActivities } from "./activities.ts";
import type { AutoscalingContext, AutoscalingDependencies } from "./context.ts";
import { Loop } from "./loop.ts";
import type { ScalingActivity } from "./model.ts";
import type { Page } from "./paging.ts";
import { createPolicies, type PolicyOperations } from "./policies.ts";
import { type ActionOperations, createActions } from "./scheduled-actions.ts";
import { scopesWithPolicies } from "./spaces.ts";
import { createTargets, type TargetOperations } from "./targets.ts";
import { Tracking } from "./tracking.ts";

export type { ChildFilter } from "./children.ts";
export type { AutoscalingDependencies, ResourceCapacity, ScalableResources } from "./context.ts";
export { DIMENSIONS } from "./dimensions.ts";
export { AUTOSCALING_ERRORS, type AutoscalingErrorCode } from "./errors.ts";
export type { ScalingActivity } from "./model.ts";
export type { DescribedPolicy, Tracking } from "./policies.ts";
export type { DescribedAction } from "./scheduled-actions.ts";
export type { DescribedTarget } from "./targets.ts";

export interface Autoscaling {
  readonly targets: TargetOperations;
  readonly policies: PolicyOperations;
  readonly actions: ActionOperations;
  /** What was scaled in the last six weeks, newest first. */
  activities(scope: Scope, filter: ActivityFilter): Promise<Page<ScalingActivity>>;
  /** Takes up what an earlier life of the platform left, and scales from now on. */
  start(): Promise<void>;
  /** Scales no more, and waits for what is being done. */
  close(): Promise<void>;
}

export function createAutoscaling(dependencies: AutoscalingDependencies): Autoscaling {
  const { records, clock } = dependencies;
  let last = 0;
  const sequence = () => {
    last = Math.max(clock.now() * 1000, last + 1);
    return last;
  };
  const context: AutoscalingContext = { ...dependencies, sequence };
  const tracking = new Tracking(context);
  const loop = new Loop(context, tracking);
  let started = false;
  return {
    targets: createTargets(context),
    policies: createPolicies(context, (scope) => {
      tracking.watch(scope);
      if (started) loop.track();
    }),
    actions: createActions(context),
    async activities(scope, filter) {
      return listActivities(records, scope, filter, clock.now());
    },
    async start() {
      for (const scope of scopesWithPolicies(await records.spaces(""))) tracking.watch(scope);
      started = true;
      await loop.start();
    },
    close: () => loop.close(),
  };
}
