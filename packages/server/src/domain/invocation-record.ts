/**
 * What Lambda tells of an asynchronous invocation that is over.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
import type { EventEnd } from "./async-event.ts";

export interface EndedInvocation {
  readonly requestId: string;
  /** Qualified, with `$LATEST` where the caller named none. */
  readonly functionArn: string;
  readonly end: EventEnd;
  /** Attempts that reached the function. */
  readonly invokeCount: number;
  /** When it was over. */
  readonly time: number;
  /** JSON in UTF-8. */
  readonly requestPayload: Uint8Array;
  /** Absent where its last attempt did not reach the function. */
  readonly response?: FunctionResponse;
}

export interface FunctionResponse {
  readonly executedVersion: string;
  readonly functionError?: string;
  /** JSON, unless a custom runtime answered something else. */
  readonly payload: Uint8Array;
}

/** The record that destinations get: JSON in UTF-8, both payloads as they were. */
export function invocationRecord(ended: EndedInvocation): Uint8Array {
  const { response } = ended;
  const context = {
    requestId: ended.requestId,
    functionArn: ended.functionArn,
    condition: ended.end,
    approximateInvokeCount: ended.invokeCount,
  };
  const head = `{"version":"1.0","timestamp":${JSON.stringify(new Date(ended.time).toISOString())},"requestContext":${JSON.stringify(context)},"requestPayload":`;
  const parts = [UTF8.encode(head), ended.requestPayload];
  if (response !== undefined) {
    const responseContext = {
      statusCode: 200,
      executedVersion: response.executedVersion,
      functionError: response.functionError,
    };
    parts.push(
      UTF8.encode(`,"responseContext":${JSON.stringify(responseContext)},"responsePayload":`),
      asJson(response.payload),
    );
  }
  parts.push(UTF8.encode("}"));
  return joined(parts);
}

/** The key of a record in a bucket. `id`: a random UUID. */
export function recordKey(functionName: string, time: Date, id: string): string {
  const [day = "", clock = ""] = time.toISOString().slice(0, 19).split("T");
  return `aws/lambda/async/${functionName}/${day.replaceAll("-", "/")}/${day}T${clock.replaceAll(":", ".")}-${id}`;
}

/** The attributes of a dead letter, whose body is the event itself. */
export interface DeadLetterAttributes {
  readonly RequestID: string;
  /** An HTTP status, as text of a number. */
  readonly ErrorCode: string;
  /** At most 1 KB. */
  readonly ErrorMessage: string;
}

const MAX_ERROR_MESSAGE = 1024;

export function deadLetterAttributes(
  { requestId, end, response }: EndedInvocation,
  refusal?: { readonly status: number; readonly message: string },
): DeadLetterAttributes {
  const { status, message } = refusal ?? { status: 200, message: messageOf(response) ?? end };
  return {
    RequestID: requestId,
    ErrorCode: String(status),
    ErrorMessage: firstBytes(message, MAX_ERROR_MESSAGE),
  };
}

function messageOf(response: FunctionResponse | undefined): string | undefined {
  if (response === undefined) return undefined;
  try {
    const error: unknown = JSON.parse(new TextDecoder().decode(response.payload));
    if (
      error instanceof Object &&
      "errorMessage" in error &&
      typeof error.errorMessage === "string"
    )
      return error.errorMessage;
  } catch {
    // What is no JSON has no message.
  }
  return undefined;
}

/** So many bytes of a text, and no half of a character. */
function firstBytes(text: string, bytes: number): string {
  const encoded = UTF8.encode(text);
  if (encoded.length <= bytes) return text;
  let end = bytes;
  while (((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return new TextDecoder().decode(encoded.subarray(0, end));
}

function asJson(payload: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(payload);
  try {
    JSON.parse(text);
    return payload;
  } catch {
    return UTF8.encode(JSON.stringify(text));
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const UTF8 = new TextEncoder();
