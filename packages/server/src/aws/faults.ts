/** The errors of the wire itself, in the words of each service. */
import type { Malformed } from "./codecs/malformed.ts";
import type { Endpoint } from "./endpoint.ts";
import { AwsError } from "./error.ts";
import type { Operation, Service } from "./model.ts";
import type { Protocol } from "./protocols/protocol.ts";

/** No operation of the service fits the request. */
export function unknownOperation(
  service: Service,
  protocol: Protocol,
  action: string | undefined,
): AwsError {
  switch (protocol.name) {
    case "awsQuery":
      return action === undefined
        ? new AwsError("MissingAction", "The request must contain the parameter Action", {
            status: 400,
          })
        : new AwsError(
            "InvalidAction",
            `Could not find operation ${action} for version ${service.version}`,
            { status: 400 },
          );
    case "awsJson1_0":
    case "awsJson1_1":
      return new AwsError("UnknownOperationException", "The operation is not known", {
        status: 400,
      });
    default:
      return new AwsError("UnknownOperationException", "The operation is not known", {
        status: 404,
      });
  }
}

/** The operation is AWS's, but has no behaviour here yet. */
export function notImplemented(service: Service, { name }: Operation): AwsError {
  return new AwsError("NotImplemented", `Yunque does not implement ${service.name} ${name} yet`, {
    status: 501,
  });
}

/** The request cannot be read as its protocol and model want it. */
export function misread(
  malformed: Malformed,
  { quirks }: Endpoint,
  protocol: Protocol,
  operation: Operation | undefined,
): AwsError {
  if (quirks.misread !== undefined) return quirks.misread(malformed, operation);
  switch (protocol.name) {
    case "awsQuery":
      return new AwsError("MalformedInput", malformed.message, { status: 400 });
    case "restXml":
      return new AwsError("MalformedXML", malformed.message, { status: 400 });
    default:
      return new AwsError("SerializationException", malformed.message, { status: 400 });
  }
}

/** AWS's front ends say this of requests past an operation's limit. */
export function tooLarge(limit: number, called: string): AwsError {
  return new AwsError(
    "RequestEntityTooLargeException",
    `Request must be smaller than ${limit} bytes for the ${called} operation`,
    { status: 413 },
  );
}

/** What services call a fault of their own; the first that the model knows is taken. */
const INTERNAL = [
  "ServiceException",
  "InternalServerError",
  "InternalServerException",
  "InternalFailureException",
  "InternalServiceException",
  "InternalServiceError",
  "InternalErrorException",
  "InternalException",
];

/** A defect of ours, without details: those go to the log. */
export function internalFailure(service: Service): AwsError {
  const code = INTERNAL.find((name) => service.error(name)) ?? "InternalFailure";
  return new AwsError(
    code,
    "The request processing has failed because of an unknown error, exception or failure.",
    { status: 500 },
  );
}
