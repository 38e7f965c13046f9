import type { Schedules } from "../../services/schedules/index.ts";
import type { SchedulerApi } from "../api/scheduler.ts";
import type { Door } from "../context.ts";
import { schedulerError } from "./scheduler-errors.ts";
import {
  groupOutput,
  scheduleOutput,
  scheduleRequest,
  scheduleSummary,
  tagsOf,
  tagsOutput,
} from "./scheduler-shapes.ts";
import { worded } from "./worded.ts";

/** EventBridge Scheduler on AWS's wire. */
export function createSchedulerDoor({ groups, schedules }: Schedules): Door<SchedulerApi> {
  return worded<Door<SchedulerApi>>(
    {
      async CreateSchedule(input, context) {
        return { ScheduleArn: await schedules.create(context, scheduleRequest(input)) };
      },
      async UpdateSchedule(input, context) {
        return { ScheduleArn: await schedules.update(context, scheduleRequest(input)) };
      },
      async GetSchedule({ Name, GroupName }, context) {
        const schedule = await schedules.get(context, { name: Name, group: GroupName });
        return scheduleOutput(context, schedule);
      },
      async DeleteSchedule({ Name, GroupName, ClientToken }, context) {
        await schedules.delete(context, { name: Name, group: GroupName, token: ClientToken });
        return {};
      },
      async ListSchedules(input, context) {
        const { items, token } = await schedules.list(context, {
          group: input.GroupName,
          prefix: input.NamePrefix,
          state: input.State === "ENABLED" || input.State === "DISABLED" ? input.State : undefined,
          maxResults: input.MaxResults,
          token: input.NextToken,
        });
        const Schedules = items.map((schedule) => scheduleSummary(context, schedule));
        return { Schedules, NextToken: token };
      },

      async CreateScheduleGroup({ Name, ClientToken, Tags }, context) {
        const request = { name: Name, token: ClientToken, tags: tagsOf(Tags) };
        return { ScheduleGroupArn: await groups.create(context, request) };
      },
      async GetScheduleGroup({ Name }, context) {
        return groupOutput(context, await groups.get(context, Name));
      },
      async DeleteScheduleGroup({ Name }, context) {
        await groups.delete(context, Name);
        return {};
      },
      async ListScheduleGroups(input, context) {
        const { items, token } = await groups.list(context, {
          prefix: input.NamePrefix,
          maxResults: input.MaxResults,
          token: input.NextToken,
        });
        const ScheduleGroups = items.map((group) => groupOutput(context, group));
        return { ScheduleGroups, NextToken: token };
      },

      async ListTagsForResource({ ResourceArn }, context) {
        return { Tags: tagsOutput(await groups.listTags(context, ResourceArn)) };
      },
      async TagResource({ ResourceArn, Tags }, context) {
        await groups.addTags(context, ResourceArn, tagsOf(Tags));
        return {};
      },
      async UntagResource({ ResourceArn, TagKeys }, context) {
        await groups.removeTags(context, ResourceArn, TagKeys);
        return {};
      },
    },
    schedulerError,
  );
}
