import { AwsError } from "../error.ts";
import type { Quirks } from "../quirks.ts";
import { validationMessage } from "../validate.ts";

/** SNS words what is missing in its own way, except where a whole structure is. */
export const sns: Quirks = {
  refuse(violations) {
    const [{ member } = { member: undefined }] = violations;
    if (member === undefined || member.shape.kind !== "string")
      return new AwsError("ValidationError", validationMessage(violations), { status: 400 });
    return new AwsError(
      "InvalidParameter",
      `Invalid parameter: ${member.name} Reason: no value for required parameter`,
    );
  },
};
