/** What happens when bounds change: by a registration, or by a scheduled action whose time has come. */
import type { Change } from "../../ports/records.ts";
import { activityOf } from "./activities.ts";
import { type AgendaEntry, entryAt, withoutEntry } from "./agenda.ts";
import { withChange } from "./changes.ts";
import type { AutoscalingContext } from "./context.ts";
import type { ScheduledAction } from "./model.ts";
import { latestRun, nextRun } from "./runs.ts";
import { actionsSpace, childId } from "./spaces.ts";
import { editTarget } from "./store.ts";
import { BOUNDS_CROSSED } from "./targets.ts";

/** A run that is later than this was missed, because nobody was there: the last one missed makes up for all before. */
const LATE_MS = 60_000;

/** Brings a target's capacity between its bounds. */
export async function workBounds(
  context: AutoscalingContext,
  { id, item: { scope, target: name } }: AgendaEntry,
): Promise<void> {
  const { records, resources } = context;
  const capacity = await resources[name.dimension].capacity(scope, name.resourceId);
  const from = capacity?.desired ?? 0;
  await editTarget(records, scope, name, async (target) => {
    const to = Math.min(Math.max(from, target.min), target.max);
    const done = withoutEntry(id);
    if (to === from) return { changes: [done], result: undefined };
    const cause = `${to > from ? "minimum" : "maximum"} capacity was set to ${to}`;
    const change = { from, to, cause, byPolicy: false };
    const edit = await withChange(context, scope, target, change);
    return { ...edit, changes: [done, ...(edit.changes ?? [])] };
  });
}

/** Runs a scheduled action, or moves it to the last of the runs that were missed; either way writes its next one. */
export async function workAction(
  context: AutoscalingContext,
  { id, time, item }: AgendaEntry,
): Promise<void> {
  const { records, clock } = context;
  if (item.kind !== "action") return;
  const { scope, target: name } = item;
  const space = actionsSpace(scope);
  const place = childId(name, item.name);
  await editTarget(records, scope, name, async (target) => {
    const found = await records.get<ScheduledAction>(space, place);
    const action = found?.value;
    const done = withoutEntry(id);
    if (found === undefined || action?.next !== id) return { changes: [done], result: undefined };

    const moveTo = (run: number | undefined): Change[] => {
      const { next: _, ...rest } = action;
      const entry = entryAt(run ?? 0, item);
      const moved = run === undefined ? rest : { ...rest, next: entry.id };
      const put: Change = { put: moved, space, id: place, expect: found.revision };
      return run === undefined ? [done, put] : [done, put, entry.put];
    };
    const now = clock.now();
    const latest = now - time > LATE_MS ? latestRun(action, time, now) : time;
    if (latest > time) return { changes: moveTo(latest), result: undefined };

    const changes = moveTo(nextRun(action, time));
    if (target.suspended.scheduled) return { changes, result: undefined };
    const { min = target.min, max = target.max } = action;
    const what = wording(action);
    const crossed = min > max;
    const { put } = activityOf(context, scope, name, {
      description: `Setting ${what}`,
      cause: `scheduled action name ${action.name} was triggered`,
      status: crossed ? "Failed" : "Successful",
      message: crossed
        ? `Failed to set ${what}. Reason: ${BOUNDS_CROSSED}`
        : `Successfully set ${what}`,
    });
    if (crossed) return { changes: [...changes, put], result: undefined };
    const bounds = entryAt(now, { scope, target: name, kind: "bounds" });
    return {
      target: { ...target, min, max },
      changes: [...changes, put, bounds.put],
      result: undefined,
    };
  });
}

/** `min capacity to 5 and max capacity to 10` */
const wording = ({ min, max }: ScheduledAction): string =>
  [
    ...(min === undefined ? [] : [`min capacity to ${min}`]),
    ...(max === undefined ? [] : [`max capacity to ${max}`]),
  ].join(" and ");
