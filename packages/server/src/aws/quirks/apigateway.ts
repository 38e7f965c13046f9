import { AwsError } from "../error.ts";
import type { Quirks } from "../quirks.ts";
import { validationMessage } from "../validate.ts";

/** API Gateway names what stands in the body by an input of its own: `createRestApiInput.endpointConfiguration`. */
export const apigateway: Quirks = {
  refuse(violations, { name }) {
    const prefix = `${name.slice(0, 1).toLowerCase()}${name.slice(1)}Input.`;
    const worded = violations.map((violation) => ({
      ...violation,
      path: violation.member.place === "body" ? prefix + violation.path : violation.path,
      rule: violation.rule.replace(", Member must not be null]", "]"),
    }));
    return new AwsError("ValidationException", validationMessage(worded), { status: 400 });
  },
};
