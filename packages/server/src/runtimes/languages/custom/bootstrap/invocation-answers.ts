/** What a runtime answers to an invocation: `response` and `error` of the Runtime API. */
import type { IncomingMessage } from "node:http";
import { type ApiResponse, accepted, header, readBody, refuse } from "./api-answers.ts";
import { errorObject, type Invocation } from "./invocation.ts";
import { readError } from "./runtime-errors.ts";
import { streamResponse } from "./stream-response.ts";

/** Of the API that was asked. */
export interface AnswerHost {
  /** Bytes that a response may have. */
  readonly responseBytes: number;
  /** The platform has the answer. */
  sent(invocation: Invocation): void;
}

/** `response`, in whatever form. */
export async function takeResponse(
  invocation: Invocation,
  request: IncomingMessage,
  response: ApiResponse,
  host: AnswerHost,
): Promise<void> {
  const { responseBytes: limit } = host;
  const mode = header(request, "Lambda-Runtime-Function-Response-Mode");
  if (mode === "streaming") {
    const whole = await streamResponse(invocation, request);
    host.sent(invocation);
    if (whole) accepted(response);
    else refuse(response, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
    return;
  }
  if (mode !== "") {
    const type = "Runtime.InvalidResponseModeHeader";
    const message = "Invalid function response mode";
    await invocation.error(errorObject(type, message), type);
    host.sent(invocation);
    refuse(response, 400, "InvalidFunctionResponseMode", message);
    return;
  }
  const body = await readBody(request, limit);
  if (body === "too large") {
    const type = "Function.ResponseSizeTooLarge";
    const message = `Response payload size exceeded maximum allowed payload size (${limit} bytes).`;
    await invocation.error(errorObject(type, message), type);
    host.sent(invocation);
    const told = `Exceeded maximum allowed payload size (${limit} bytes).`;
    refuse(response, 413, "RequestEntityTooLarge", told);
  } else await takeResult(invocation, body, response, host);
}

/** `response` in its plain form. */
export async function takeResult(
  invocation: Invocation,
  body: Buffer | "truncated",
  response: ApiResponse,
  host: AnswerHost,
): Promise<void> {
  if (body === "truncated") {
    const type = "Runtime.TruncatedResponse";
    await invocation.error(errorObject(type, "the response was truncated"), type);
    host.sent(invocation);
    refuse(response, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
    return;
  }
  await invocation.result(body);
  host.sent(invocation);
  accepted(response);
}

/** `error`. */
export async function takeError(
  invocation: Invocation,
  request: IncomingMessage,
  response: ApiResponse,
  host: AnswerHost,
): Promise<void> {
  const { body, type } = await readError(request, host.responseBytes);
  await invocation.error(body, type);
  host.sent(invocation);
  accepted(response);
}

/** The request that a path names. */
export const requestIdIn = ({ url = "" }: IncomingMessage): string | undefined =>
  /\/invocation\/([^/]+)\//.exec(url)?.[1];

/** It names none that runs here. */
export const refuseId = (response: ApiResponse): void =>
  refuse(response, 400, "InvalidRequestID", "Invalid request ID");
