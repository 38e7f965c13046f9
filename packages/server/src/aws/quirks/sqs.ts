import { AwsError } from "../error.ts";
import type { Quirks } from "../quirks.ts";

/** SQS: the query protocol addresses a queue by its URL's path, and errors are worded by parameter. */
export const sqs: Quirks = {
  errorNamespace: "com.amazonaws.sqs",
  input(request, operation, input) {
    const takesQueue = operation.input?.members.some(({ name }) => name === "QueueUrl");
    if (takesQueue && input["QueueUrl"] === undefined && request.path.length > 1)
      input["QueueUrl"] = `http://${request.host}${request.path}`;
  },
  refuse([violation]) {
    const name = violation?.path.split(".").at(-1) ?? "";
    return new AwsError(
      "MissingRequiredParameterException",
      `The request must contain the parameter ${name.slice(0, 1).toUpperCase()}${name.slice(1)}.`,
    );
  },
  respond(_request, operation, response) {
    // An error of the query protocol ends with an element for details, which is always empty.
    if (response.status >= 400 && operation !== undefined && typeof response.body === "string")
      response.body = response.body
        .replace(
          "queue does not exist.</Message>",
          "queue does not exist for this wsdl version.</Message>",
        )
        .replace("</Message></Error>", "</Message><Detail/></Error>");
  },
};
