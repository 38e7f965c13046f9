import type { ServerResponse } from "node:http";
import { lambdaError } from "../doors/lambda-errors.ts";
import { AwsError } from "../error.ts";
import { failureOf } from "../failure.ts";
import { internalFailure } from "../faults.ts";
import { loadService } from "../model.ts";
import { restJson } from "../protocols/rest-json.ts";
import { send } from "../send.ts";

/** Answers an error as Lambda's API does, from outside of the wire. What is no known error is a defect of ours. */
export function sendLambdaError(
  response: ServerResponse,
  error: unknown,
  requestId: string,
  onDefect: (error: unknown, requestId: string) => void,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const service = loadService("lambda");
  const known = lambdaError(error);
  if (!(known instanceof AwsError)) onDefect(error, requestId);
  const shown = known instanceof AwsError ? known : internalFailure(service);
  const answer = restJson(service).fail(undefined, failureOf(shown, service, requestId));
  answer.headers["x-amzn-requestid"] ??= requestId;
  send("POST", answer, response).catch((failure) => onDefect(failure, requestId));
}
