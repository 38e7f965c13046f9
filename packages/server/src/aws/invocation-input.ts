/** What Invoke takes, checked as Lambda checks it: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
import { MAX_CLIENT_CONTEXT_BYTES, MAX_EVENT_BYTES } from "../domain/function-limits.ts";
import { AwsError } from "./error.ts";

const EMPTY_EVENT = new TextEncoder().encode("{}");

/** Lambda hands an empty object to a handler that is invoked without a payload. */
export const payloadOf = (body: Uint8Array | undefined): Uint8Array =>
  body === undefined || body.length === 0 ? EMPTY_EVENT : body;

/**
 * Checks what is to be invoked later, when nobody could be told that it is wrong.
 * @throws AwsError
 */
export function checkEvent(payload: Uint8Array): void {
  if (payload.length > MAX_EVENT_BYTES)
    throw new AwsError(
      "RequestTooLargeException",
      `${payload.length} byte payload is too large for the Event invocation type (limit ${MAX_EVENT_BYTES} bytes)`,
    );
  checkJson(payload);
}

/** @throws AwsError unless the payload is JSON in UTF-8. */
export function checkJson(payload: Uint8Array): void {
  try {
    JSON.parse(UTF8.decode(payload));
  } catch (error) {
    throw invalidContent(
      `Could not parse request body into json: Could not parse payload into json: ${error instanceof Error ? error.message : "not UTF-8"}`,
    );
  }
}

/** With a byte order mark, which no JSON has, left where it is. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The JSON text of X-Amz-Client-Context. @throws AwsError where it is none, or too long. */
export function clientContextOf(header: string | undefined): string | undefined {
  if (header === undefined || header === "") return undefined;
  if (header.length > MAX_CLIENT_CONTEXT_BYTES)
    throw invalidContent(
      `Client context must be no more than ${MAX_CLIENT_CONTEXT_BYTES} bytes when base64-encoded`,
    );
  try {
    const text = UTF8.decode(Buffer.from(header, "base64"));
    JSON.parse(text);
    return text;
  } catch {
    throw invalidContent("Client context must be a valid Base64-encoded JSON object.");
  }
}

const invalidContent = (message: string): AwsError =>
  new AwsError("InvalidRequestContentException", message);
