/** Scalable targets: registered, changed, described, tagged, and given up with all that belongs to them. */
import { randomBytes, randomUUID } from "node:crypto";
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Change, Records } from "../../ports/records.ts";
import { entryAt, withoutEntry } from "./agenda.ts";
import { checkFilter } from "./children.ts";
import type { AutoscalingDependencies } from "./context.ts";
import { DIMENSIONS, type DimensionName, dimensionOf, roleArn } from "./dimensions.ts";
import { autoscalingError, invalid } from "./errors.ts";
import type { ScalableTarget, ScheduledAction, Suspended, TargetName } from "./model.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { actionsSpace, countsSpace, policiesSpace, targetId, targetsSpace } from "./spaces.ts";
import { editTarget, noTarget, retried } from "./store.ts";
import { checkTags, type Tags } from "./tags.ts";

/** What names a target in a request. */
export interface TargetRequest {
  readonly namespace: string;
  readonly resourceId: string;
  readonly dimension: string;
}

export interface Registration extends TargetRequest {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly suspended?: { readonly [Kind in keyof Suspended]?: boolean | undefined } | undefined;
  /** Of a new target; one that exists keeps its own. */
  readonly tags?: Tags | undefined;
}

export interface TargetFilter extends PageRequest {
  readonly namespace: string;
  readonly resourceIds?: readonly string[] | undefined;
  readonly dimension?: string | undefined;
}

export interface DescribedTarget {
  readonly target: ScalableTarget;
  readonly arn: string;
  readonly roleArn: string;
}

export interface TargetOperations {
  /** Answers the target's ARN. Its capacity is brought between its bounds afterwards. */
  register(scope: Scope, registration: Registration): Promise<string>;
  describe(scope: Scope, filter: TargetFilter): Promise<Page<DescribedTarget>>;
  deregister(scope: Scope, request: TargetRequest): Promise<void>;
  listTags(scope: Scope, arn: string): Promise<Tags>;
  addTags(scope: Scope, arn: string, tags: Tags): Promise<void>;
  removeTags(scope: Scope, arn: string, keys: readonly string[]): Promise<void>;
}

export function createTargets({
  records,
  clock,
  resources,
}: AutoscalingDependencies): TargetOperations {
  async function create(scope: Scope, name: TargetName, registration: Registration) {
    const { min, max, tags = {} } = registration;
    if (min === undefined || max === undefined)
      throw invalid("Minimum capacity and maximum capacity must be specified");
    checkBounds(name.dimension, { min, max });
    checkTags(tags);
    if (!(await resources[name.dimension].exists(scope, name.resourceId)))
      throw invalid(`The resource does not exist: ${name.resourceId}`);
    const target: ScalableTarget = {
      ...name,
      id: randomBytes(17).toString("hex"),
      group: randomUUID(),
      created: clock.now(),
      min,
      max,
      suspended: suspendedAfter(NOTHING_SUSPENDED, registration.suspended),
      tags,
    };
    await records.commit([
      { put: target, space: targetsSpace(scope), id: targetId(name), expect: 0 },
      await counted(records, scope, name.dimension, 1),
      entryAt(clock.now(), { scope, target: name, kind: "bounds" }).put,
    ]);
    return target;
  }

  async function update(scope: Scope, name: TargetName, registration: Registration) {
    return editTarget(records, scope, name, (before) => {
      const { min = before.min, max = before.max } = registration;
      checkBounds(name.dimension, { min, max });
      const suspended = suspendedAfter(before.suspended, registration.suspended);
      const target: ScalableTarget = { ...before, min, max, suspended };
      const { put } = entryAt(clock.now(), { scope, target: name, kind: "bounds" });
      return { target, changes: [put], result: target };
    });
  }

  const byArn = async (scope: Scope, arn: string): Promise<ScalableTarget> => {
    const all = await everyRecord<ScalableTarget>(records, targetsSpace(scope));
    const found = all.find(({ value }) => targetArn(scope, value) === arn);
    if (found === undefined)
      throw autoscalingError("ScalableTargetUnknown", `Resource ARN not found: ${arn}`, { arn });
    return found.value;
  };

  const changeTags = async (scope: Scope, arn: string, next: (before: Tags) => Tags) =>
    editTarget(records, scope, await byArn(scope, arn), (target) => {
      const tags = next(target.tags);
      checkTags(tags, arn);
      return { target: { ...target, tags }, result: undefined };
    });

  return {
    async register(scope, registration) {
      const name = nameOf(registration);
      const space = targetsSpace(scope);
      const target = await retried(async () =>
        (await records.get(space, targetId(name))) === undefined
          ? create(scope, name, registration)
          : update(scope, name, registration),
      );
      return targetArn(scope, target);
    },

    async describe(scope, filter) {
      const { namespace, resourceIds, dimension } = filter;
      checkFilter(dimension, resourceIds?.[0]);
      const page = await pageOf<ScalableTarget>(records, targetsSpace(scope), filter, {
        fits: (target) =>
          DIMENSIONS[target.dimension].namespace === namespace &&
          (resourceIds === undefined || resourceIds.includes(target.resourceId)) &&
          (dimension === undefined || target.dimension === dimension),
      });
      return { ...page, items: page.items.map((target) => described(scope, target)) };
    },

    async deregister(scope, request) {
      const name = nameOf(request);
      await retried(async () => {
        const space = targetsSpace(scope);
        const found = await records.get<ScalableTarget>(space, targetId(name));
        if (found === undefined) throw noTarget(name, "found");
        await records.commit([
          { delete: true, space, id: targetId(name), expect: found.revision },
          await counted(records, scope, name.dimension, -1),
          ...(await childrenGone(records, scope, name)),
        ]);
      });
    },

    async listTags(scope, arn) {
      return (await byArn(scope, arn)).tags;
    },
    addTags: (scope, arn, tags) => changeTags(scope, arn, (before) => ({ ...before, ...tags })),
    removeTags: (scope, arn, keys) =>
      changeTags(scope, arn, (before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !keys.includes(key))),
      ),
  };
}

/** The target that a request names. @throws YunqueError where it can be none. */
export const nameOf = (request: TargetRequest): TargetName => ({
  dimension: dimensionOf(request),
  resourceId: request.resourceId,
});

/** @throws YunqueError where these are no bounds. Either may be absent. */
export function checkBounds(
  dimension: DimensionName,
  { min, max }: { readonly min?: number | undefined; readonly max?: number | undefined },
): void {
  const { least } = DIMENSIONS[dimension];
  if (min !== undefined && min < least)
    throw invalid(`Minimum capacity cannot be less than ${least}`);
  if (max !== undefined && max < least)
    throw invalid(`Maximum capacity cannot be less than ${least}`);
  if (min !== undefined && max !== undefined && max < min) throw invalid(BOUNDS_CROSSED);
}

export const BOUNDS_CROSSED = "Maximum capacity cannot be less than minimum capacity";

const NOTHING_SUSPENDED: Suspended = { scaleIn: false, scaleOut: false, scheduled: false };

const suspendedAfter = (before: Suspended, change: Registration["suspended"] = {}): Suspended => ({
  scaleIn: change.scaleIn ?? before.scaleIn,
  scaleOut: change.scaleOut ?? before.scaleOut,
  scheduled: change.scheduled ?? before.scheduled,
});

const targetArn = ({ account, region }: Scope, { id }: ScalableTarget): string =>
  `arn:${partitionOf(region)}:application-autoscaling:${region}:${account}:scalable-target/${id}`;

const described = (scope: Scope, target: ScalableTarget): DescribedTarget => ({
  target,
  arn: targetArn(scope, target),
  roleArn: roleArn(scope, target.dimension),
});

/** The change that counts one target more or less. @throws YunqueError where there are too many. */
async function counted(
  records: Records,
  scope: Scope,
  dimension: DimensionName,
  change: 1 | -1,
): Promise<Change> {
  const space = countsSpace(scope);
  const found = await records.get<{ count: number }>(space, dimension);
  const count = (found?.value.count ?? 0) + change;
  if (count > DIMENSIONS[dimension].quota)
    throw autoscalingError(
      "TooManyScalingObjects",
      `Exceeded the maximum number of scalable targets (${DIMENSIONS[dimension].quota}) for ${dimension}`,
    );
  return { put: { count }, space, id: dimension, expect: found?.revision ?? 0 };
}

/** Policies and scheduled actions go with their target. What stands in the agenda for them goes, too. */
async function childrenGone(records: Records, scope: Scope, name: TargetName): Promise<Change[]> {
  const prefix = `${targetId(name)} `;
  const policies = await everyRecord(records, policiesSpace(scope), prefix);
  const actions = await everyRecord<ScheduledAction>(records, actionsSpace(scope), prefix);
  return [
    ...policies.map(({ id }): Change => ({ delete: true, space: policiesSpace(scope), id })),
    ...actions.flatMap(({ id, value }): Change[] => [
      { delete: true, space: actionsSpace(scope), id },
      ...(value.next === undefined ? [] : [withoutEntry(value.next)]),
    ]),
  ];
}
