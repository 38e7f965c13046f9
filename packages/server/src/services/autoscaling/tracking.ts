/**
 * Policies, once a minute: a datapoint for each, and what follows from the last ones. Datapoints are kept in memory:
 * after a restart an alarm has insufficient data until it has seen as many minutes as it needs.
 */
import type { Scope } from "../../domain/scope.ts";
import {
  decideTracking,
  LOW_DATAPOINTS,
  type NotScaled,
  type TrackingDecision,
} from "../../domain/target-tracking.ts";
import { activityOf } from "./activities.ts";
import { withChange } from "./changes.ts";
import type { AutoscalingDependencies } from "./context.ts";
import { DIMENSIONS } from "./dimensions.ts";
import type { NotScaledReason, ScalableTarget, ScalingPolicy } from "./model.ts";
import { listAll } from "./paging.ts";
import { childId, policiesSpace, targetId } from "./spaces.ts";
import { editTarget, findTarget } from "./store.ts";

const MINUTE_MS = 60_000;

/** What is known of one policy. */
interface Series {
  /** Number of the minute that the last datapoint is of. */
  minute: number;
  readonly datapoints: (number | undefined)[];
  /** What it was told last that it did not scale for, so that the history has it once. */
  told: NotScaled | undefined;
}

export class Tracking {
  readonly #dependencies: AutoscalingDependencies;
  readonly #scopes = new Map<string, Scope>();
  #series = new Map<string, Series>();

  constructor(dependencies: AutoscalingDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether there is any policy. */
  get busy(): boolean {
    return this.#scopes.size > 0;
  }

  /** A scope has policies from now on. */
  watch(scope: Scope): void {
    const { account, region } = scope;
    this.#scopes.set(`${account}/${region}`, { account, region });
  }

  /** Takes the datapoint of a minute (its number since the epoch) for every policy, and does what follows. */
  async evaluate(minute: number): Promise<void> {
    const { records, onDefect } = this.#dependencies;
    const seen = new Map<string, Series>();
    for (const [key, scope] of this.#scopes) {
      const policies = await listAll<ScalingPolicy>(records, policiesSpace(scope));
      if (policies.length === 0) this.#scopes.delete(key);
      for (const { id, value: policy } of policies) {
        const name = `${key} ${id}`;
        const series = this.#series.get(name) ?? { minute, datapoints: [], told: undefined };
        seen.set(name, series);
        await this.#evaluate(scope, policy, series, minute).catch((error: unknown) =>
          onDefect(error, { during: "scaling", policy: policy.name, ...policy.target }),
        );
      }
    }
    this.#series = seen;
  }

  async #evaluate(
    scope: Scope,
    policy: ScalingPolicy,
    series: Series,
    minute: number,
  ): Promise<void> {
    const { records, clock, resources } = this.#dependencies;
    const owner = resources[policy.target.dimension];
    const { resourceId } = policy.target;
    add(series, minute, await owner.utilisation(scope, resourceId));
    const target = await findTarget(records, scope, policy.target);
    const capacity = await owner.capacity(scope, resourceId);
    if (target === undefined || capacity?.status !== "ready" || !settled(target, clock.now()))
      return;
    const decision = decideTracking(rulesOf(policy), {
      datapoints: series.datapoints,
      capacity: capacity.desired,
      bounds: target,
      last: target.last,
      now: clock.now(),
    });
    if (decision.kind === "none" || isSuspended(target, decision)) series.told = undefined;
    else if (decision.kind === "scale") {
      series.told = undefined;
      await this.#scale(scope, policy, decision, capacity.desired);
    } else if (decision.reason !== "Cooldown" && series.told !== decision.reason) {
      series.told = decision.reason;
      await this.#tell(scope, policy, target, decision, capacity.desired);
    }
  }

  async #scale(
    scope: Scope,
    policy: ScalingPolicy,
    { alarm, to }: Extract<TrackingDecision, { kind: "scale" }>,
    from: number,
  ): Promise<void> {
    const { records } = this.#dependencies;
    await editTarget(records, scope, policy.target, async (target) => {
      const isThere = await records.get(policiesSpace(scope), childId(policy.target, policy.name));
      const outOfBounds = to < target.min || to > target.max;
      if (isThere === undefined || outOfBounds || target.underway !== undefined)
        return { result: undefined }; // somebody was faster: the next minute decides again
      const change = { from, to, cause: causeOf(policy, alarm), byPolicy: true };
      return withChange(this.#dependencies, scope, target, change);
    });
  }

  async #tell(
    scope: Scope,
    policy: ScalingPolicy,
    bounds: ScalableTarget,
    { alarm, reason }: Extract<TrackingDecision, { kind: "blocked" }>,
    current: number,
  ): Promise<void> {
    const { records, clock } = this.#dependencies;
    const { put } = activityOf(scope, policy.target, {
      description: "Attempting to scale due to alarm triggered",
      cause: causeOf(policy, alarm),
      start: clock.now(),
      status: "Failed",
      notScaled: reasonOf(reason, bounds, current),
    });
    await editTarget(records, scope, policy.target, () => ({ changes: [put], result: undefined }));
  }
}

/** Adds a minute's datapoint. Minutes that were left out have none. */
function add(series: Series, minute: number, datapoint: number | undefined): void {
  const left = Math.min(minute - series.minute - 1, LOW_DATAPOINTS);
  for (let missing = 0; missing < left; missing++) series.datapoints.push(undefined);
  series.datapoints.push(datapoint);
  series.minute = minute;
  series.datapoints.splice(0, series.datapoints.length - LOW_DATAPOINTS);
}

/** Whether the last datapoint is wholly of the capacity that there is now: else it asks again for what it has got. */
const settled = ({ underway, last }: ScalableTarget, now: number): boolean =>
  underway === undefined && (last === undefined || now - last.at >= MINUTE_MS);

const isSuspended = (
  { suspended }: ScalableTarget,
  { alarm }: Exclude<TrackingDecision, { kind: "none" }>,
): boolean => (alarm === "high" ? suspended.scaleOut : suspended.scaleIn);

function rulesOf(policy: ScalingPolicy) {
  const { cooldown } = DIMENSIONS[policy.target.dimension];
  return {
    target: policy.targetValue,
    scaleOutCooldownMs: (policy.scaleOutCooldown ?? cooldown) * 1000,
    scaleInCooldownMs: (policy.scaleInCooldown ?? cooldown) * 1000,
    disableScaleIn: policy.disableScaleIn ?? false,
  };
}

const causeOf = ({ name, alarms }: ScalingPolicy, alarm: "high" | "low"): string =>
  `monitor alarm ${alarms[alarm]} in state ALARM triggered policy ${name}`;

function reasonOf(
  code: NotScaled,
  { min, max }: ScalableTarget,
  current: number,
): NotScaledReason {
  if (code === "AlreadyAtMaxCapacity") return { code, max };
  return code === "AlreadyAtMinCapacity" ? { code, min } : { code, current };
}
