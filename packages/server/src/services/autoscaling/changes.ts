/**
 * Changes of capacity. One is written down before it is asked for, with an entry in the agenda, so that a crash at any
 * moment leaves something that finishes it; then it is followed until the resource has it.
 */
import type { Scope } from "../../domain/scope.ts";
import type { Change } from "../../ports/records.ts";
import { activityOf } from "./activities.ts";
import { type AgendaEntry, entryAt, withoutEntry } from "./agenda.ts";
import type { AutoscalingDependencies, ResourceCapacity } from "./context.ts";
import { DIMENSIONS } from "./dimensions.ts";
import type { ActivityStatus, ScalableTarget, ScalingActivity, TargetName } from "./model.ts";
import { activitiesSpace } from "./spaces.ts";
import { editTarget, findTarget, type Edit } from "./store.ts";

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
  { records, clock }: AutoscalingDependencies,
  scope: Scope,
  target: ScalableTarget,
  { from, to, cause, byPolicy }: CapacityChange,
): Promise<Edit<undefined>> {
  const now = clock.now();
  const { noun } = DIMENSIONS[target.dimension];
  const { place, put } = activityOf(scope, target, {
    description: `Setting desired ${noun} to ${to}.`,
    cause,
    start: now,
    status: "Pending",
  });
  const entry = entryAt(now, {
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
      : await told({ records, clock }, scope, before.activity, {
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
  dependencies: AutoscalingDependencies,
  { id, item }: AgendaEntry,
): Promise<void> {
  const { records, clock, resources } = dependencies;
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
        ? await told(dependencies, scope, place, { status: "Overridden", message })
        : []),
    ]);
    return;
  }
  const { namespace, noun } = DIMENSIONS[name.dimension];
  const set = `Successfully set desired ${noun} to ${change.to}.`;
  const owner = resources[name.dimension];

  const end = (status: ActivityStatus, message: string) =>
    editTarget(records, scope, name, async (current) => {
      if (current.underway?.activity !== place)
        return { changes: [withoutEntry(id)], result: undefined };
      const { underway: _, ...settled } = current;
      const { from, to } = change;
      const fulfilled = status === "Successful" && change.byPolicy;
      const last = { direction: to > from ? "out" : "in", at: clock.now(), from } as const;
      return {
        target: fulfilled ? { ...settled, last } : settled,
        changes: [
          withoutEntry(id),
          ...(await told(dependencies, scope, place, { status, message })),
        ],
        result: undefined,
      };
    });

  if (activity.status === "Pending") {
    try {
      await owner.setCapacity(scope, name.resourceId, change.to);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return end("Failed", `Failed to set desired ${noun} to ${change.to}. Reason: ${reason}`);
    }
  }
  const capacity = await owner.capacity(scope, name.resourceId);
  const outcome = outcomeOf(capacity, change.to, clock.now() - activity.start);
  if (outcome === "Successful")
    return end(outcome, `${set} Change successfully fulfilled by ${namespace}.`);
  if (outcome === "Overridden")
    return end(outcome, overriddenBy(noun, change.to, capacity?.desired ?? 0));
  if (outcome === "Unfulfilled") return end(outcome, `${set} Change not fulfilled by ${namespace}.`);
  const later = entryAt(clock.now() + waitMs, {
    ...item,
    waitMs: Math.min(waitMs * 2, LAST_WAIT_MS),
  });
  await records.commit([
    withoutEntry(id),
    later.put,
    ...(activity.status === "InProgress"
      ? []
      : await told(dependencies, scope, place, {
          status: "InProgress",
          message: `${set} Waiting for change to be fulfilled by ${namespace}.`,
        })),
  ]);
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
  { records, clock }: Pick<AutoscalingDependencies, "records" | "clock">,
  scope: Scope,
  place: string,
  news: { readonly status: ActivityStatus; readonly message: string },
): Promise<Change[]> {
  const space = activitiesSpace(scope);
  const found = await records.get<ScalingActivity>(space, place);
  if (found === undefined) return [];
  const end = news.status === "InProgress" ? {} : { end: clock.now() };
  return [
    { put: { ...found.value, ...news, ...end }, space, id: place, expect: found.revision },
  ];
}

export const nameOnly = ({ dimension, resourceId }: TargetName): TargetName => ({
  dimension,
  resourceId,
});
