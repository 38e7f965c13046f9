/** Where the service's records lie, and what its resources are called. */
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";

export const GROUPS = "schedule-groups";
export const DEFAULT_GROUP = "default";

/** id: the group's name. ScheduleGroup. */
export const groupsSpace = ({ account, region }: Scope): string => `${account}/${region}/${GROUPS}`;
/** id: `scheduleId`. Schedule. */
export const schedulesSpace = ({ account, region }: Scope): string =>
  `${account}/${region}/schedules`;
/** Every next run, of all scopes: a timetable. id: `entryId`. RunItem. */
export const TIMETABLE = "all/all/schedules-timetable";

/** Names have no slash. */
export const scheduleId = (group: string, name: string): string => `${group}/${name}`;

export const entryId = ({ account, region }: Scope, group: string, name: string): string =>
  `${account}/${region}/${scheduleId(group, name)}`;

export const groupArn = (scope: Scope, name: string): string =>
  `${arnOf(scope)}:schedule-group/${name}`;

export const scheduleArn = (scope: Scope, group: string, name: string): string =>
  `${arnOf(scope)}:schedule/${scheduleId(group, name)}`;

const arnOf = ({ account, region }: Scope): string =>
  `arn:${partitionOf(region)}:scheduler:${region}:${account}`;
