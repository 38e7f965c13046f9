/**
 * Changes of capacity. One is written down before it is asked for, with an entry in the agenda, so that a crash at any
 * moment leaves something that finishes it; then it is followed until the resource has it.
 */
import type { Scope } from "../../domain/scope.ts";
import type { Change } from "../../ports/records.ts";
import { activityOf } from "./activities.ts";
import { type AgendaEntry, entryAt, withoutEntry } from "./agenda.ts";
import type { AutoscalingContext, ResourceCapacity } from "./context.ts";
import { DIMENSIONS } from "./dimensions.ts";
import type {
  ActivityStatus,
  ScalableTarget,
  ScalingActivity,
  TargetName,
  Underway,
} from "./model.ts";
import { activitiesSpace } from "./spaces.ts";
import { type Edit, editTarget, findTarget } from "./store.ts";

/** A change that nobody fulfils for so long is given up as unfulfilled. */
const PATIENCE_MS = 15 * 60_000;
const FIRST_WAIT_MS = 1000;
const LAST_WAIT_MS = 30_000;

export interface CapacityChange {
  readonly from: number;
  readonly to: number;
  readonly cause: string;
  readonly byPolicy: boolean;
}

/** Adds a change of its capacity to what is done to a target. One that is under way is overridden. */
export async function withChange(
  context: AutoscalingContext,
  scope: Scope,
  target: ScalableTarget,
  { from, to, cause, byPolicy }: CapacityChange,
): Promise<Edit<undefined>> {
  const { noun } = DIMENSIONS[target.dimension];
  const { place, put } = activityOf(context, scope, target, {
    description: `Setting desired ${noun} to ${to}.`,
    cause,
    status: "Pending",
  });
  const entry = entryAt(context.clock.now(), {
    scope,
    target: nameOnly(target),
    kind: "change",
    activity: place,
    waitMs: FIRST_WAIT_MS,
  });
  const before = target.underway;
  const overridden =
    before === undefined
      ? []
      : await told(context, scope, before.activity, {
          status: "Overridden",
          message: overriddenBy(noun, before.to, to),
        });
  return {
    target: { ...target, underway: { activity: place, from, to, byPolicy } },
    changes: [...overridden, put, entry.put],
    result: undefined,
  };
}

/** Asks for the change that an entry of the agenda is about, or looks how far it is. */
export async function workChange(
  context: AutoscalingContext,
  { id, item }: AgendaEntry,
): Promise<void> {
  const { records, clock, resources } = context;
  if (item.kind !== "change") return;
  const { scope, target: name, activity: place, waitMs } = item;
  const target = await findTarget(records, scope, name);
  const activity = (await records.get<ScalingActivity>(activitiesSpace(scope), place))?.value;
  const change = target?.underway;
  if (activity === undefined || change?.activity !== place) {
    // Its target was given up, or another change came: there is nobody left to tell but the history.
    const open = activity?.status === "Pending" || activity?.status === "InProgress";
    const message = "The scalable target was deregistered.";
    await records.commit([
      withoutEntry(id),
      ...(open && target === undefined
        ? await told(context, scope, place, { status: "Overridden", message })
        : []),
    ]);
    return;
  }
  const { namespace, noun } = DIMENSIONS[name.dimension];
  const set = `Successfully set desired ${noun} to ${change.to}.`;
  const owner = resources[name.dimension];

  const reach = (status: ActivityStatus, message: string, more: readonly Change[] = []) =>
    editTarget(records, scope, name, async (current) => {
      const done = withoutEntry(id);
      if (current.underway?.activity !== place) return { changes: [done], result: undefined };
      const news = await told(context, scope, place, { status, message });
      return {
        target: status === "InProgress" ? current : ended(current, change, status, clock.now()),
        changes: [done, ...news, ...more],
        result: undefined,
      };
    });

  if (activity.status === "Pending") {
    try {
      await owner.setCapacity(scope, name.resourceId, change.to);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return reach("Failed", `Failed to set desired ${noun} to ${change.to}. Reason: ${reason}`);
    }
  }
  const capacity = await owner.capacity(scope, name.resourceId);
  const outcome = outcomeOf(capacity, change.to, clock.now() - activity.start);
  if (outcome === "Successful")
    return reach(outcome, `${set} Change successfully fulfilled by ${namespace}.`);
  if (outcome === "Overridden")
    return reach(outcome, overriddenBy(noun, change.to, capacity?.desired ?? 0));
  if (outcome === "Unfulfilled")
    return reach(outcome, `${set} Change not fulfilled by ${namespace}.`);
  const later = entryAt(clock.now() + waitMs, {
    ...item,
    waitMs: Math.min(waitMs * 2, LAST_WAIT_MS),
  });
  return reach("InProgress", `${set} Waiting for change to be fulfilled by ${namespace}.`, [
    later.put,
  ]);
}

/** A target whose change has ended. The cooldowns of its policy begin when it has the capacity. */
function ended(
  { underway: _, ...target }: ScalableTarget,
  { from, to, byPolicy }: Underway,
  status: ActivityStatus,
  now: number,
): ScalableTarget {
  if (!byPolicy || status !== "Successful") return target;
  return { ...target, last: { direction: to > from ? "out" : "in", at: now, from } };
}

function outcomeOf(
  capacity: ResourceCapacity | undefined,
  to: number,
  ageMs: number,
): ActivityStatus {
  if (capacity?.desired !== to) return "Overridden";
  if (capacity.status === "ready") return "Successful";
  return capacity.status === "failed" || ageMs >= PATIENCE_MS ? "Unfulfilled" : "InProgress";
}

const overriddenBy = (noun: string, to: number, by: number): string =>
  `Successfully set desired ${noun} to ${to}. Found it was later changed to ${by}.`;

/** The change that brings an activity of the history up to date; it ends where it is no longer in progress. */
async function told(
  { records, clock }: AutoscalingContext,
  scope: Scope,
  place: string,
  news: { readonly status: ActivityStatus; readonly message: string },
): Promise<Change[]> {
  const space = activitiesSpace(scope);
  const found = await records.get<ScalingActivity>(space, place);
  if (found === undefined) return [];
  const end = news.status === "InProgress" ? {} : { end: clock.now() };
  return [{ put: { ...found.value, ...news, ...end }, space, id: place, expect: found.revision }];
}

export const nameOnly = ({ dimension, resourceId }: TargetName): TargetName => ({
  dimension,
  resourceId,
});
