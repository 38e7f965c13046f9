import { YunqueError } from "../../domain/errors.ts";
import type { TracesErrorCode } from "../../services/traces/index.ts";
import { AwsError } from "../error.ts";

/** X-Ray's name for each error of the service. */
const NAMES: Readonly<Record<TracesErrorCode, string>> = {
  InvalidTraceRequest: "InvalidRequestException",
  TraceResourceUnknown: "ResourceNotFoundException",
  TooManySamplingRules: "RuleLimitExceededException",
  TooManyTraceTags: "TooManyTagsException",
};

/** A service's error as X-Ray answers it; anything else is passed on as it is. */
export function xrayError(error: unknown): unknown {
  if (!(error instanceof YunqueError) || !Object.hasOwn(NAMES, error.code)) return error;
  return new AwsError(NAMES[error.code as TracesErrorCode], error.message);
}
