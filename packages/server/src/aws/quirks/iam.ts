import { AwsError } from "../error.ts";
import type { Quirks } from "../quirks.ts";
import { validationMessage } from "../validate.ts";

/** IAM repeats no values, and no enumerations, in what it says of them. */
export const iam: Quirks = {
  refuse(violations) {
    const worded = violations.map((violation) =>
      violation.value === undefined
        ? violation
        : {
            ...violation,
            value: "",
            rule: violation.rule.replace(/enum value set: \[[^\]]*\]/, "enum value set"),
          },
    );
    const message = validationMessage(worded).replaceAll("Value '' at", "Value at");
    return new AwsError("ValidationError", message, { status: 400 });
  },
};
