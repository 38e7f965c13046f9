/** Schedules: made, replaced, read, listed, deleted. Each is written in one commit with its next run. */
import type { Scope } from "../../domain/scope.ts";
import type { Page } from "../../ports/record-pages.ts";
import type { Change } from "../../ports/records.ts";
import { removeEntry } from "../timetable/index.ts";
import type { SchedulesDependencies } from "./context.ts";
import { scheduleError } from "./errors.ts";
import { beingDeleted, findGroup, groupUnknown } from "./groups.ts";
import type { Schedule, ScheduleGroup } from "./model.ts";
import { checkRequest, type ScheduleRequest, scheduleOf } from "./request.ts";
import { nextRun } from "./runs.ts";
import {
  DEFAULT_GROUP,
  entryId,
  groupsSpace,
  scheduleArn,
  scheduleId,
  schedulesSpace,
  TIMETABLE,
} from "./spaces.ts";
import { isRepeated, markOf, type PageRequest, pageOf, retried } from "./store.ts";
import { firstDue } from "./timing.ts";

export interface ScheduleName {
  readonly name: string;
  /** `default` where it is absent. */
  readonly group?: string | undefined;
}

export interface ScheduleFilter extends PageRequest {
  readonly group?: string | undefined;
  readonly prefix?: string | undefined;
  readonly state?: "ENABLED" | "DISABLED" | undefined;
}

export interface ScheduleOperations {
  /** Answers the schedule's ARN. */
  create(scope: Scope, request: ScheduleRequest): Promise<string>;
  /** Replaces all of a schedule. Answers its ARN. */
  update(scope: Scope, request: ScheduleRequest): Promise<string>;
  get(scope: Scope, named: ScheduleName): Promise<Schedule>;
  list(scope: Scope, filter: ScheduleFilter): Promise<Page<Schedule>>;
  delete(
    scope: Scope,
    named: ScheduleName & { readonly token?: string | undefined },
  ): Promise<void>;
}

/** Tokens of deletions that are remembered: their callers may not have heard the answer. */
const MAX_TOKENS = 1000;

export function createSchedules(context: SchedulesDependencies): ScheduleOperations {
  const { records, clock, calls } = context;
  const deleted = new Set<string>();

  async function write(
    scope: Scope,
    request: ScheduleRequest,
    found: { readonly value: Schedule; readonly revision: number } | undefined,
  ): Promise<void> {
    const { group = DEFAULT_GROUP, name } = request;
    const now = clock.now();
    const parent = await findGroup(records, scope, group, now);
    if (parent.value.state === "DELETING") throw beingDeleted(group);
    const made: Schedule = {
      ...scheduleOf(request, group, found?.value, now),
      ...markOf(request.token, request),
    };
    const schedule = hasRun(made, found?.value) ? { ...made, finished: true as const } : made;
    const due = schedule.enabled && !schedule.finished ? firstDue(schedule, now) : undefined;
    const id = scheduleId(group, name);
    const changes: Change[] = [
      { check: true, space: groupsSpace(scope), id: group, expect: parent.revision },
      { put: schedule, space: schedulesSpace(scope), id, expect: found?.revision ?? 0 },
      due === undefined
        ? removeEntry(TIMETABLE, entryId(scope, group, name))
        : nextRun(context, scope, schedule, due),
    ];
    await records.commit(changes);
  }

  return {
    async create(scope, request) {
      const { name, group = DEFAULT_GROUP, token } = request;
      checkRequest(scope, request, clock.now(), calls);
      await retried(async () => {
        const found = await records.get<Schedule>(schedulesSpace(scope), scheduleId(group, name));
        if (found === undefined) return write(scope, request, undefined);
        if (isRepeated(found.value.request, token, request)) return;
        throw scheduleError("ScheduleExists", `Schedule ${name} already exists.`);
      });
      return scheduleArn(scope, group, name);
    },

    async update(scope, request) {
      const { name, group = DEFAULT_GROUP, token } = request;
      checkRequest(scope, request, clock.now(), calls);
      await retried(async () => {
        const found = await records.get<Schedule>(schedulesSpace(scope), scheduleId(group, name));
        if (found === undefined) throw await missing(scope, group, name);
        if (!isRepeated(found.value.request, token, request)) await write(scope, request, found);
      });
      return scheduleArn(scope, group, name);
    },

    async get(scope, { name, group = DEFAULT_GROUP }) {
      const found = await records.get<Schedule>(schedulesSpace(scope), scheduleId(group, name));
      if (found === undefined) throw await missing(scope, group, name);
      return found.value;
    },

    async list(scope, { group, prefix = "", state, ...page }) {
      if (group !== undefined) await findGroup(records, scope, group, clock.now());
      return pageOf<Schedule>(records, schedulesSpace(scope), page, {
        prefix: group === undefined ? "" : scheduleId(group, prefix),
        fits: (schedule) =>
          schedule.name.startsWith(prefix) &&
          (state === undefined || schedule.enabled === (state === "ENABLED")),
      });
    },

    async delete(scope, { name, group = DEFAULT_GROUP, token }) {
      const id = scheduleId(group, name);
      const space = schedulesSpace(scope);
      const again = `${scheduleArn(scope, group, name)} ${token}`;
      await retried(async () => {
        const found = await records.get<Schedule>(space, id);
        if (found === undefined && token !== undefined && deleted.has(again)) return;
        if (found === undefined) throw await missing(scope, group, name);
        await records.commit([
          { delete: true, space, id, expect: found.revision },
          removeEntry(TIMETABLE, entryId(scope, group, name)),
        ]);
      });
      deleted.add(again);
      for (const oldest of deleted) {
        if (deleted.size <= MAX_TOKENS) break;
        deleted.delete(oldest);
      }
    },
  };

  /** Scheduler: a schedule that is not there is the group's fault where that is not there either. */
  async function missing(scope: Scope, group: string, name: string): Promise<Error> {
    const isThere =
      group === DEFAULT_GROUP ||
      (await records.get<ScheduleGroup>(groupsSpace(scope), group)) !== undefined;
    if (!isThere) return groupUnknown(group);
    return scheduleError("ScheduleUnknown", `Schedule ${name} does not exist.`);
  }
}

/** Whether an `at` has had its run, and what changes is something else. */
const hasRun = (schedule: Schedule, before: Schedule | undefined): boolean =>
  before?.finished === true &&
  schedule.expression.startsWith("at(") &&
  before.expression === schedule.expression &&
  before.zone === schedule.zone;
