/** What a runtime reports when its function, or it itself, has failed. */
import type { IncomingMessage } from "node:http";
import { header, readBody } from "./api-answers.ts";
import { errorObject } from "./invocation.ts";

/** Lambda forwards an error type of this form, and no others. */
const ERROR_TYPE = /^(Runtime|Function)\.[A-Z][a-zA-Z]+/;
/** With the cause for X-Ray beside the error object. */
const WITH_CAUSE = "application/vnd.aws.lambda.error.cause+json";

/**
 * The error object for the caller, as it came, and its type. One that is longer than `limit` bytes, a response's most,
 * does not go to the caller.
 */
export async function readError(
  request: IncomingMessage,
  limit: number,
): Promise<{ readonly body: Buffer; readonly type: string }> {
  const type = typeOf(header(request, "Lambda-Runtime-Function-Error-Type"));
  const body = await readBody(request, limit);
  if (typeof body === "string") return { body: errorObject(type, `the error is ${body}`), type };
  if (header(request, "Content-Type") !== WITH_CAUSE) return { body, type };
  return { body: withoutCause(body), type };
}

function typeOf(told: string): string {
  if (ERROR_TYPE.test(told)) return told;
  return told.startsWith("Function.") ? "Function.Unknown" : "Runtime.Unknown";
}

/** What the caller gets of an error object that brings its cause for X-Ray. */
function withoutCause(body: Buffer): Buffer {
  try {
    const { errorMessage, errorType, stackTrace } = JSON.parse(body.toString());
    return Buffer.from(JSON.stringify({ errorMessage, errorType, stackTrace }));
  } catch {
    return Buffer.from(JSON.stringify("Invalid error body"));
  }
}
