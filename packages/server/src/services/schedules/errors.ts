import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

/** What goes wrong with schedules. docs/reference/errors.md repeats it. */
export type ScheduleErrorCode = keyof typeof SCHEDULE_ERRORS;

const user = (meaning: string): ErrorEntry => ({ fault: "user", retryable: false, meaning });

export const SCHEDULE_ERRORS = {
  InvalidSchedule: user("A value breaks a rule of EventBridge Scheduler; the message says which."),
  ScheduleUnknown: user(
    "There is no such schedule or schedule group. Check name, group and region.",
  ),
  ScheduleExists: user("The name is taken, or its schedule group is being deleted."),
  TooManyScheduleGroups: user("The region has 500 schedule groups. Delete some."),
  ScheduleTargetUnserved: user(
    "The target is one of Scheduler's, and nothing of this platform serves it yet.",
  ),
  ScheduleContended: {
    fault: "user",
    retryable: true,
    meaning: "Too many changes of the same schedule or group at once. Try again.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** An error of the table, in AWS's words where AWS has words for it. */
export function scheduleError(code: ScheduleErrorCode, message: string): YunqueError {
  return new YunqueError(code, message);
}

export const invalid = (message: string) => scheduleError("InvalidSchedule", message);
