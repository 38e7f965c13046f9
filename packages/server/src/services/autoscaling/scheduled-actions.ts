/** Scheduled actions: new bounds for a target, once or again and again. */
import { parseSchedule, ScheduleError, type ScheduleFault } from "../../domain/schedule.ts";
import type { Scope } from "../../domain/scope.ts";
import { isTimeZone } from "../../domain/time-zone.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Change } from "../../ports/records.ts";
import { entryAt, withoutEntry } from "./agenda.ts";
import { type ChildFilter, childArn, childPage, isName } from "./children.ts";
import type { AutoscalingDependencies } from "./context.ts";
import { autoscalingError, invalid, notFound } from "./errors.ts";
import type { ScheduledAction } from "./model.ts";
import type { Page } from "./paging.ts";
import { nextRun } from "./runs.ts";
import { actionsSpace, childId, targetId } from "./spaces.ts";
import { editTarget, findTarget, naming } from "./store.ts";
import { checkBounds, nameOf, type TargetRequest } from "./targets.ts";

/** What is absent stays as it is; but a start and an end that are absent are taken away. */
export interface ActionRequest extends TargetRequest {
  readonly name: string;
  readonly schedule?: string | undefined;
  readonly timezone?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly bounds?:
    | { readonly min?: number | undefined; readonly max?: number | undefined }
    | undefined;
}

export interface DescribedAction {
  readonly action: ScheduledAction;
  readonly arn: string;
}

export interface ActionOperations {
  put(scope: Scope, request: ActionRequest): Promise<void>;
  describe(scope: Scope, filter: ChildFilter): Promise<Page<DescribedAction>>;
  delete(scope: Scope, request: TargetRequest & { readonly name: string }): Promise<void>;
}

const MAX_ACTIONS = 200;

export function createActions({ records, clock }: AutoscalingDependencies): ActionOperations {
  return {
    async put(scope, request) {
      const target = nameOf(request);
      checkRequest(request);
      checkBounds(target.dimension, request.bounds ?? {});
      const space = actionsSpace(scope);
      const id = childId(target, request.name);
      await editTarget(records, scope, target, async ({ group }) => {
        const siblings = await everyRecord<ScheduledAction>(records, space, `${targetId(target)} `);
        const before = siblings.find((sibling) => sibling.id === id)?.value;
        if (before === undefined && siblings.length >= MAX_ACTIONS)
          throw autoscalingError(
            "TooManyScalingObjects",
            `Exceeded the maximum number of scheduled actions (${MAX_ACTIONS}) for a scalable target`,
          );
        const now = clock.now();
        const action = { ...actionOf(request, before, now), target, group };
        const time = nextRun(action, now);
        const entry = entryAt(time ?? 0, { scope, target, kind: "action", name: action.name });
        const changes: Change[] = [
          { put: time === undefined ? action : { ...action, next: entry.id }, space, id },
          ...(time === undefined ? [] : [entry.put]),
          ...(before?.next === undefined ? [] : [withoutEntry(before.next)]),
        ];
        return { changes, result: undefined };
      });
    },

    async describe(scope, filter) {
      const page = await childPage<ScheduledAction>(records, actionsSpace(scope), filter);
      const items = page.items.map((action) => ({
        action,
        arn: childArn(scope, ["scheduledAction", "scheduledActionName"], action),
      }));
      return { ...page, items };
    },

    async delete(scope, request) {
      const { name } = request;
      const target = nameOf(request);
      const missing = () =>
        notFound(`No scheduled action found for ${naming(target)}, scheduled action name: ${name}`);
      if (!isName(name) || (await findTarget(records, scope, target)) === undefined)
        throw missing();
      const space = actionsSpace(scope);
      const id = childId(target, name);
      await editTarget(records, scope, target, async () => {
        const found = await records.get<ScheduledAction>(space, id);
        if (found === undefined) throw missing();
        const { next } = found.value;
        const changes: Change[] = [
          { delete: true, space, id },
          ...(next === undefined ? [] : [withoutEntry(next)]),
        ];
        return { changes, result: undefined };
      });
    },
  };
}

const DETAILS: Readonly<Record<ScheduleFault, string>> = {
  form: "Schedule expressions must have the following syntax: rate(<number>\\s?(minutes?|hours?|days?)), cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss).",
  rate: "Schedule expressions must have the following syntax: rate(<number>\\s?(minutes?|hours?|days?)), cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss).",
  at: "Invalid schedule at DateTime expression.",
  cron: "Invalid CRON expression.",
  frequency: "Invalid schedule frequency. Runs are less than 60 seconds apart.",
};

function checkRequest({ name, schedule, timezone, start, end, bounds }: ActionRequest): void {
  if (!isName(name)) throw invalid("The scheduled action name is not valid");
  if (schedule !== undefined)
    try {
      parseSchedule(schedule, { yearOptional: true });
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      throw invalid(`Invalid schedule expression. Details: ${DETAILS[error.fault]}`);
    }
  if (timezone !== undefined && !isTimeZone(timezone))
    throw invalid(`Invalid time zone: ${timezone}`);
  if (start !== undefined && end !== undefined && start >= end)
    throw invalid("StartTime must be before EndTime");
  if (bounds !== undefined && bounds.min === undefined && bounds.max === undefined)
    throw invalid("At least one of minimum capacity and maximum capacity should be provided");
}

type OwnParts = Omit<ScheduledAction, "target" | "group" | "next">;

function actionOf(
  request: ActionRequest,
  before: ScheduledAction | undefined,
  now: number,
): OwnParts {
  const { name, start, end } = request;
  const schedule = request.schedule ?? before?.schedule;
  const timezone = request.timezone ?? before?.timezone;
  const { min, max } = request.bounds ?? before ?? {};
  if (schedule === undefined) throw invalid("Schedule must be set");
  if (min === undefined && max === undefined) throw invalid("ScalableTargetAction must be set");
  return {
    name,
    created: before?.created ?? now,
    schedule,
    anchor: start ?? now,
    ...(timezone === undefined ? {} : { timezone }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}
