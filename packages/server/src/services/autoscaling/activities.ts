/** The history of what was scaled, newest first, and bounded. */
import { randomUUID } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import type { Change, Records } from "../../ports/records.ts";
import { checkFilter } from "./children.ts";
import type { AutoscalingContext } from "./context.ts";
import { DIMENSIONS } from "./dimensions.ts";
import type { NotScaledReason, ScalingActivity, TargetName } from "./model.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { activitiesSpace } from "./spaces.ts";

/** Application Auto Scaling: activities of the previous six weeks. */
export const HISTORY_MS = 42 * 24 * 3600 * 1000;
/** And so many of a region at most; AWS names no such bound. */
export const MAX_ACTIVITIES = 10_000;
/** The history is cut back each time so many were added. */
export const TRIM_EVERY = 256;

export interface ActivityFilter extends PageRequest {
  readonly namespace: string;
  readonly resourceId?: string | undefined;
  readonly dimension?: string | undefined;
  readonly includeNotScaled?: boolean | undefined;
}

type Telling = Pick<ScalingActivity, "description" | "cause" | "status"> & {
  readonly message?: string;
  readonly notScaled?: NotScaledReason;
};

/** A new activity of a target: where it lies, and the change that writes it. */
export function activityOf(
  { clock, sequence }: AutoscalingContext,
  scope: Scope,
  { dimension, resourceId }: TargetName,
  telling: Telling,
): { readonly place: string; readonly put: Change } {
  const id = randomUUID();
  const place = `${placeAt(sequence())} ${id}`;
  const start = clock.now();
  const activity: ScalingActivity = { id, dimension, resourceId, start, ...telling };
  return { place, put: { put: activity, space: activitiesSpace(scope), id: place } };
}

/** The activities that fit, newest first. */
export function listActivities(
  records: Records,
  scope: Scope,
  filter: ActivityFilter,
  now: number,
): Promise<Page<ScalingActivity>> {
  const { namespace, resourceId, dimension, includeNotScaled = false } = filter;
  checkFilter(dimension, resourceId);
  return pageOf<ScalingActivity>(records, activitiesSpace(scope), filter, {
    fits: (activity) =>
      DIMENSIONS[activity.dimension].namespace === namespace &&
      (resourceId === undefined || activity.resourceId === resourceId) &&
      (dimension === undefined || activity.dimension === dimension) &&
      (includeNotScaled || activity.notScaled === undefined) &&
      activity.start >= now - HISTORY_MS,
  });
}

/** Forgets what is too old, and what is too much. */
export async function trimActivities(records: Records, scope: Scope, now: number): Promise<void> {
  const space = activitiesSpace(scope);
  const kept = await records.list(space, { limit: MAX_ACTIVITIES });
  const oldest = kept.length === MAX_ACTIVITIES ? kept.at(-1)?.id : undefined;
  const limit = placeAt((now - HISTORY_MS) * 1000);
  const after = oldest !== undefined && oldest < limit ? oldest : limit;
  for (;;) {
    const expired = await records.list(space, { after, limit: 1000 });
    if (expired.length === 0) return;
    await records.commit(expired.map(({ id }) => ({ delete: true, space, id })));
  }
}

/** Past every time in microseconds that the service meets, and exact. */
const END_OF_TIME = 9_000_000_000_000_000;
/** Later times sort first. */
const placeAt = (microseconds: number): string =>
  String(END_OF_TIME - microseconds).padStart(16, "0");
