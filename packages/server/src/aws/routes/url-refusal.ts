import { YunqueError } from "../../domain/errors.ts";
import { AwsError } from "../error.ts";
import { BadUrlResponse } from "./url-response.ts";

/** An answer of the platform's own; `message` null is AWS's. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Seconds, as the header has them. */
  readonly retryAfter: string | undefined;

  constructor(status: number, type: string, message: string | null, retryAfter?: unknown) {
    super(message ?? type);
    this.status = status;
    this.type = type;
    this.body = JSON.stringify({ Message: message });
    this.retryAfter = typeof retryAfter === "string" ? retryAfter : undefined;
  }
}

/** What AWS says to callers whom no statement lets in. */
export const FORBIDDEN =
  "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/** An error as a URL answers it. */
export interface UrlFailure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** It is a defect of ours. */
  readonly defect: boolean;
}

/** What a URL answers of an error. */
export function urlFailure(error: unknown): UrlFailure {
  const json = { "content-type": "application/json" };
  if (error instanceof BadUrlResponse)
    return { status: 502, headers: json, body: "Internal Server Error", defect: false };
  const known = refusalOf(error);
  const { status, type, body, retryAfter } =
    known ?? new Refusal(500, "ServiceException", "Internal Server Error");
  const headers = {
    ...json,
    "x-amzn-errortype": type,
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
  };
  return { status, headers, body, defect: known === undefined };
}

/** The service's refusals as a URL answers them; undefined for what is a defect of ours. */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof AwsError) return new Refusal(413, error.code, error.message);
  if (!(error instanceof YunqueError)) return undefined;
  switch (error.code) {
    case "FunctionThrottled":
      return new Refusal(
        429,
        "TooManyRequestsException",
        error.message,
        error.details["retryAfterSeconds"],
      );
    case "FunctionNotFound":
      return new Refusal(404, "ResourceNotFoundException", error.message);
    case "RuntimeUnavailable":
      return new Refusal(502, "InvalidRuntimeException", error.message);
    case "InvocationFailed":
    case "FunctionsClosing":
      return new Refusal(503, "ServiceException", error.message);
    default:
      return undefined;
  }
}
