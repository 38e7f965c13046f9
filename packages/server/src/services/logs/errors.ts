import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

/** What goes wrong with log groups. docs/reference/errors.md repeats it. */
export type LogErrorCode = keyof typeof LOG_ERRORS;

const user = (meaning: string): ErrorEntry => ({ fault: "user", retryable: false, meaning });

export const LOG_ERRORS = {
  InvalidLogs: user("A value breaks a rule of CloudWatch Logs; the message says which."),
  LogResourceUnknown: user(
    "There is no such log group, stream, filter, policy or destination. Check name, account and region.",
  ),
  LogResourceExists: user("A log group or stream of this name is there already."),
  TooManyLogResources: user("The group or the region has as many of the kind as it may have."),
  LogDestinationForbidden: user(
    "Functions of another account are reached by a destination with a policy.",
  ),
  LogResourceContended: {
    fault: "user",
    retryable: true,
    meaning: "Too many changes of the same log group at once. Try again.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** An error of the table, in AWS's words where AWS has words for it. */
export const logError = (code: LogErrorCode, message: string): YunqueError =>
  new YunqueError(code, message);

export const invalid = (message: string) => logError("InvalidLogs", message);
export const unknown = (message: string) => logError("LogResourceUnknown", message);
export const groupUnknown = () => unknown("The specified log group does not exist.");
export const streamUnknown = () => unknown("The specified log stream does not exist.");
export const tooMany = () => logError("TooManyLogResources", "Resource limit exceeded.");
