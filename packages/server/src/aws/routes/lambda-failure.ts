import { lambdaError } from "../doors/lambda-errors.ts";
import { AwsError } from "../error.ts";
import { failureOf } from "../failure.ts";
import { internalFailure } from "../faults.ts";
import { loadService } from "../model.ts";
import { restJson } from "../protocols/rest-json.ts";
import { headerText } from "../send.ts";
import type { DirectCaller } from "./direct.ts";

/** Answers an error as Lambda's API does, from outside of the wire. What is no known error is a defect of ours. */
export function answerLambdaError(
  caller: DirectCaller,
  error: unknown,
  requestId: string,
  onDefect: (error: unknown, requestId: string) => void,
): void {
  if (caller.gone) return;
  const service = loadService("lambda");
  const known = lambdaError(error);
  if (!(known instanceof AwsError)) onDefect(error, requestId);
  const shown = known instanceof AwsError ? known : internalFailure(service);
  const { status, headers, body } = restJson(service).fail(
    undefined,
    failureOf(shown, service, requestId),
  );
  headers["x-amzn-requestid"] ??= requestId;
  const flat = Object.entries(headers).flatMap(([name, value]) => [name, headerText(value)]);
  caller.answer(status, flat, Buffer.from((body ?? "") as string));
}
