import { YunqueError } from "../../domain/errors.ts";
import type { LogErrorCode } from "../../services/logs/index.ts";
import { AwsError } from "../error.ts";

/** CloudWatch Logs' name for each error of the service. */
const NAMES: Readonly<Record<LogErrorCode, string>> = {
  InvalidLogs: "InvalidParameterException",
  LogResourceUnknown: "ResourceNotFoundException",
  LogResourceExists: "ResourceAlreadyExistsException",
  TooManyLogResources: "LimitExceededException",
  LogDestinationForbidden: "AccessDeniedException",
  LogResourceContended: "OperationAbortedException",
};

/** A service's error as CloudWatch Logs answers it; anything else is passed on as it is. */
export function logsError(error: unknown): unknown {
  if (!(error instanceof YunqueError)) return error;
  if (/^Storage(Full|Failed|Busy)$/.test(error.code))
    return new AwsError("ServiceUnavailableException", "The service cannot complete the request.");
  if (!Object.hasOwn(NAMES, error.code)) return error;
  const name = NAMES[error.code as LogErrorCode];
  return new AwsError(name, error.message, name === "AccessDeniedException" ? { status: 400 } : {});
}
