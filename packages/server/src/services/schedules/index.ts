/** EventBridge Scheduler: what runs when, and what it sends to whom. The folder's only door. */
import { createDeliverer } from "../deliverer/index.ts";
import type { SchedulesDependencies } from "./context.ts";
import { type GroupOperations, Groups } from "./groups.ts";
import { createRuns } from "./runs.ts";
import { createSchedules, type ScheduleOperations } from "./schedules.ts";
import { attemptOf, deadLetterAttributes } from "./sending.ts";

export type { SchedulesDependencies } from "./context.ts";
export { SCHEDULE_ERRORS, type ScheduleErrorCode } from "./errors.ts";
export type { Schedule, ScheduleGroup } from "./model.ts";
export type { ScheduleRequest } from "./request.ts";
export { groupArn, scheduleArn } from "./spaces.ts";
export { universalOf } from "./target.ts";

export interface Schedules {
  readonly groups: GroupOperations;
  readonly schedules: ScheduleOperations;
  /** Runs what was missed, goes on with what an earlier life of the platform left, and runs schedules from now on. */
  start(): Promise<void>;
  /** Runs nothing more, and waits for what is being sent for at most so long. */
  close(graceMs: number): Promise<void>;
}

/** The third segment of the names of the queues in which what is to be sent again waits. */
const DELIVERIES = "schedule-deliveries";

export function createScheduler(dependencies: SchedulesDependencies): Schedules {
  const { queues, clock, targets, onFailure, onGivenUp } = dependencies;
  const deliverer = createDeliverer({
    queues,
    clock,
    kind: DELIVERIES,
    targets,
    prepare: attemptOf,
    deadLetterAttributes,
    onFailure,
    onGivenUp: ({ message }, { code, message: why }) =>
      onGivenUp({ schedule: message.sender.arn, target: message.target, code, why }),
  });
  const groups = new Groups(dependencies);
  const runs = createRuns(dependencies, deliverer);
  return {
    groups,
    schedules: createSchedules(dependencies),
    async start() {
      await deliverer.start();
      await groups.start();
      await runs.start();
    },
    async close(graceMs) {
      await Promise.all([runs.close(), groups.close()]);
      await deliverer.close(graceMs);
    },
  };
}
