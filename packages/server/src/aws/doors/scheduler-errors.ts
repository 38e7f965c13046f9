import { YunqueError } from "../../domain/errors.ts";
import type { ScheduleErrorCode } from "../../services/schedules/index.ts";
import { AwsError } from "../error.ts";

/** EventBridge Scheduler's name for each error of the service. */
const NAMES: Readonly<Record<ScheduleErrorCode, string>> = {
  InvalidSchedule: "ValidationException",
  ScheduleUnknown: "ResourceNotFoundException",
  ScheduleExists: "ConflictException",
  TooManyScheduleGroups: "ServiceQuotaExceededException",
  ScheduleTargetUnserved: "NotImplemented",
  ScheduleContended: "ConflictException",
};

/** A service's error as EventBridge Scheduler answers it; anything else is passed on as it is. */
export function schedulerError(error: unknown): unknown {
  if (!(error instanceof YunqueError) || !Object.hasOwn(NAMES, error.code)) return error;
  const name = NAMES[error.code as ScheduleErrorCode];
  return new AwsError(name, error.message, name === "NotImplemented" ? { status: 501 } : {});
}
