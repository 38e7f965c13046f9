/**
 * Policies: the metric is looked at every few seconds, and its mean is the minute's datapoint, from which a decision
 * follows. Datapoints are kept in memory: after a restart an alarm has insufficient data until it has seen as many
 * minutes as it needs.
 */
import type { Scope } from "../../domain/scope.ts";
import {
  decideTracking,
  LOW_DATAPOINTS,
  type NotScaled,
  type TrackingDecision,
} from "../../domain/target-tracking.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { activityOf } from "./activities.ts";
import { withChange } from "./changes.ts";
import type { AutoscalingContext } from "./context.ts";
import { DIMENSIONS } from "./dimensions.ts";
import type { NotScaledReason, ScalableTarget, ScalingPolicy } from "./model.ts";
import { childId, policiesSpace } from "./spaces.ts";
import { editTarget, findTarget } from "./store.ts";

const MINUTE_MS = 60_000;
/** How often the metrics of policies are looked at. */
export const SAMPLE_MS = 5000;

/** What is known of one policy. */
interface Tracked {
  readonly scope: Scope;
  policy: ScalingPolicy;
  /** Of the minute that goes on: how often it was looked, and what was seen. */
  samples: number;
  sum: number;
  /** Number of the minute that the last datapoint is of. */
  minute: number;
  readonly datapoints: (number | undefined)[];
  /** What it was told last that it did not scale for, so that the history has it once. */
  told: NotScaled | undefined;
}

export class Tracking {
  readonly #context: AutoscalingContext;
  readonly #scopes = new Map<string, Scope>();
  readonly #tracked = new Map<string, Tracked>();
  /** There are policies that it has not read yet. */
  #stale = true;

  constructor(context: AutoscalingContext) {
    this.#context = context;
  }

  /** Whether there is any policy. */
  get busy(): boolean {
    return this.#scopes.size > 0;
  }

  /** A scope has policies, or other ones than before. */
  watch(scope: Scope): void {
    const { account, region } = scope;
    this.#scopes.set(`${account}/${region}`, { account, region });
    this.#stale = true;
  }

  /** Looks at every policy's metric, in this minute (its number since the epoch). */
  async sample(minute: number): Promise<void> {
    if (this.#stale) await this.#refresh(minute);
    for (const tracked of this.#tracked.values()) {
      const { dimension, resourceId } = tracked.policy.target;
      const owner = this.#context.resources[dimension];
      tracked.sum += owner.utilisation(tracked.scope, resourceId);
      tracked.samples++;
    }
  }

  /** Takes the datapoint of the minute that ended as this one began, for every policy, and does what follows. */
  async evaluate(minute: number): Promise<void> {
    await this.#refresh(minute - 1);
    for (const tracked of this.#tracked.values()) {
      addDatapoint(tracked, minute - 1);
      await this.#decide(tracked).catch((error: unknown) => {
        const { name, target } = tracked.policy;
        this.#context.onDefect(error, { during: "scaling", policy: name, ...target });
      });
    }
  }

  /** Reads which policies there are. What is known of those that stay stays. */
  async #refresh(minute: number): Promise<void> {
    this.#stale = false;
    const seen = new Set<string>();
    for (const [key, scope] of [...this.#scopes]) {
      const policies = await everyRecord<ScalingPolicy>(
        this.#context.records,
        policiesSpace(scope),
      );
      if (policies.length === 0 && !this.#stale) this.#scopes.delete(key);
      for (const { id, value: policy } of policies) {
        const name = `${key} ${id}`;
        seen.add(name);
        const known = this.#tracked.get(name);
        if (known?.policy.created === policy.created) known.policy = policy;
        else this.#tracked.set(name, newlyTracked(scope, policy, minute));
      }
    }
    for (const name of this.#tracked.keys()) if (!seen.has(name)) this.#tracked.delete(name);
  }

  async #decide(tracked: Tracked): Promise<void> {
    const { scope, policy, datapoints } = tracked;
    const { records, clock, resources } = this.#context;
    const { dimension, resourceId } = policy.target;
    const target = await findTarget(records, scope, policy.target);
    const capacity = await resources[dimension].capacity(scope, resourceId);
    if (target === undefined || capacity?.status !== "ready" || !settled(target, clock.now()))
      return;
    const decision = decideTracking(rulesOf(policy), {
      datapoints,
      capacity: capacity.desired,
      bounds: target,
      last: target.last,
      now: clock.now(),
    });
    const told = tracked.told;
    tracked.told = undefined;
    if (decision.kind === "none" || isSuspended(target, decision)) return;
    if (decision.kind === "scale") return this.#scale(scope, policy, decision, capacity.desired);
    tracked.told = decision.reason;
    if (decision.reason !== "Cooldown" && decision.reason !== told)
      await this.#tell(scope, policy, target, decision, capacity.desired);
  }

  async #scale(
    scope: Scope,
    policy: ScalingPolicy,
    { alarm, to }: Extract<TrackingDecision, { kind: "scale" }>,
    from: number,
  ): Promise<void> {
    const { records } = this.#context;
    await editTarget(records, scope, policy.target, async (target) => {
      const isThere = await records.get(policiesSpace(scope), childId(policy.target, policy.name));
      const outOfBounds = to < target.min || to > target.max;
      if (isThere === undefined || outOfBounds || target.underway !== undefined)
        return { result: undefined }; // somebody was faster: the next minute decides again
      const change = { from, to, cause: causeOf(policy, alarm), byPolicy: true };
      return withChange(this.#context, scope, target, change);
    });
  }

  async #tell(
    scope: Scope,
    policy: ScalingPolicy,
    bounds: ScalableTarget,
    { alarm, reason }: Extract<TrackingDecision, { kind: "blocked" }>,
    current: number,
  ): Promise<void> {
    const { records } = this.#context;
    const { put } = activityOf(this.#context, scope, policy.target, {
      description: "Attempting to scale due to alarm triggered",
      cause: causeOf(policy, alarm),
      status: "Failed",
      notScaled: reasonOf(reason, bounds, current),
    });
    await editTarget(records, scope, policy.target, () => ({ changes: [put], result: undefined }));
  }
}

const newlyTracked = (scope: Scope, policy: ScalingPolicy, minute: number): Tracked => ({
  scope,
  policy,
  samples: 0,
  sum: 0,
  minute: minute - 1,
  datapoints: [],
  told: undefined,
});

/** Closes a minute: its mean is its datapoint. Minutes that were left out have none. */
function addDatapoint(tracked: Tracked, minute: number): void {
  const { datapoints, samples, sum } = tracked;
  const left = Math.min(minute - tracked.minute - 1, LOW_DATAPOINTS);
  for (let missing = 0; missing < left; missing++) datapoints.push(undefined);
  datapoints.push(samples === 0 ? undefined : sum / samples);
  datapoints.splice(0, datapoints.length - LOW_DATAPOINTS);
  Object.assign(tracked, { minute, samples: 0, sum: 0 });
}

/** Whether the last datapoint is of the capacity that there is now: else it would ask again for what it has got. */
const settled = ({ underway, last }: ScalableTarget, now: number): boolean =>
  underway === undefined && (last === undefined || now - last.at >= MINUTE_MS - SAMPLE_MS);

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

function reasonOf(code: NotScaled, { min, max }: ScalableTarget, current: number): NotScaledReason {
  if (code === "AlreadyAtMaxCapacity") return { code, max };
  return code === "AlreadyAtMinCapacity" ? { code, min } : { code, current };
}
