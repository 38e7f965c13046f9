import { AwsError } from "../error.ts";
import type { Quirks } from "../quirks.ts";
import { validationMessage } from "../validate.ts";

/** CloudWatch Logs has a name of its own for what breaks the model, and words of its own for names that are too long. */
export const logs: Quirks = {
  refuse(violations) {
    const long = violations.some(
      ({ path, rule }) =>
        (path === "logGroupName" || path === "logStreamName") && rule.includes("length less than"),
    );
    const message = long
      ? "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
      : validationMessage(violations);
    return new AwsError("InvalidParameterException", message);
  },
};
