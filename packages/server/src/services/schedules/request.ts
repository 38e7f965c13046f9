/** What a caller wants of a schedule, and whether it may be had. Messages are AWS's where AWS's are known. */
import type { Scope } from "../../domain/scope.ts";
import { isTimeZone } from "../../domain/time-zone.ts";
import { invalid } from "./errors.ts";
import type { Schedule } from "./model.ts";
import { checkTarget, type TargetRequest, targetOf, type UniversalCalls } from "./target.ts";
import { readExpression } from "./timing.ts";

export interface ScheduleRequest {
  readonly name: string;
  readonly group?: string | undefined;
  readonly token?: string | undefined;
  readonly expression: string;
  readonly zone?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly window: { readonly mode: "OFF" | "FLEXIBLE"; readonly minutes?: number | undefined };
  readonly state?: "ENABLED" | "DISABLED" | undefined;
  readonly after?: "NONE" | "DELETE" | undefined;
  readonly description?: string | undefined;
  readonly kmsKey?: string | undefined;
  readonly target: TargetRequest;
}

/** How long before now a recurring schedule may begin. */
const EARLIEST_START_MS = 5 * 60_000;

/** @throws YunqueError InvalidSchedule, ScheduleTargetUnserved */
export function checkRequest(
  scope: Scope,
  request: ScheduleRequest,
  now: number,
  calls: UniversalCalls,
): void {
  const once = isOneTime(request.expression);
  if (request.zone !== undefined && !isTimeZone(request.zone))
    throw invalid(`Invalid Schedule Expression Timezone ${request.zone}.`);
  checkWindow(request);
  if (!once) checkDates(request, now);
  checkTarget(scope, request.target, calls);
}

/** Whether it runs once only. @throws YunqueError where it is no expression. */
function isOneTime(expression: string): boolean {
  const schedule = readExpression(expression);
  if (schedule === undefined) throw invalid(`Invalid Schedule Expression ${expression}.`);
  return schedule.kind === "at";
}

function checkWindow({ window: { mode, minutes } }: ScheduleRequest): void {
  if (mode === "OFF" && minutes !== undefined)
    throw invalid(
      "MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.",
    );
  if (mode === "FLEXIBLE" && minutes === undefined)
    throw invalid(
      "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.",
    );
}

function checkDates({ start, end }: ScheduleRequest, now: number): void {
  if (start !== undefined && start < now - EARLIEST_START_MS)
    throw invalid("The StartDate you specify cannot be earlier than 5 minutes ago.");
  if (start !== undefined && end !== undefined && start >= end)
    throw invalid("The StartDate you specify must come before the EndDate.");
}

/** The schedule that a request asks for: what it does not name is as in a new one. */
export function scheduleOf(
  request: ScheduleRequest,
  group: string,
  before: Schedule | undefined,
  now: number,
): Omit<Schedule, "request" | "finished"> {
  const { name, expression, zone = "UTC", start, end, window, after = "NONE" } = request;
  const { description, kmsKey } = request;
  // A rate goes on as it was where a change is about something else.
  const goesOn = before?.expression === expression && before.start === start;
  return {
    name,
    group,
    created: before?.created ?? now,
    modified: now,
    enabled: request.state !== "DISABLED",
    expression,
    zone,
    after,
    anchor: start ?? (goesOn ? before.anchor : now),
    target: targetOf(request.target),
    ...(description === undefined ? {} : { description }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(window.minutes === undefined ? {} : { window: window.minutes }),
    ...(kmsKey === undefined ? {} : { kmsKey }),
  };
}
