import { YunqueError } from "../../domain/errors.ts";
import type { BusErrorCode } from "../../services/buses/index.ts";
import { AwsError } from "../error.ts";

/** EventBridge's name for each error of the service. */
const NAMES: Readonly<Record<BusErrorCode, string>> = {
  BusObjectUnknown: "ResourceNotFoundException",
  BusObjectExists: "ResourceAlreadyExistsException",
  BusParameterInvalid: "ValidationException",
  EventPatternInvalid: "InvalidEventPatternException",
  BusLimitReached: "LimitExceededException",
  BusRuleManaged: "ManagedRuleException",
  BusPolicyTooLong: "PolicyLengthExceededException",
  ReplayNotRunning: "IllegalStatusException",
};

/** A service's error as EventBridge answers it; anything else is passed on as it is. */
export function eventsError(error: unknown): unknown {
  if (!(error instanceof YunqueError) || !Object.hasOwn(NAMES, error.code)) return error;
  return new AwsError(NAMES[error.code as BusErrorCode], error.message, { status: 400 });
}
