import { YunqueError } from "../../domain/errors.ts";
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
  if (error instanceof YunqueError && error.code === "FunctionThrottled") {
    answerThrottled(caller, error, requestId);
    return;
  }
  const known = lambdaError(error);
  if (!(known instanceof AwsError)) onDefect(error, requestId);
  const shown = known instanceof AwsError ? known : internalFailure(loadService("lambda"));
  const { status, headers, body } = written(shown, requestId);
  caller.answer(status, [...headers, "x-amzn-requestid", requestId], body);
}

/** An answer without the id of its request. */
interface Written {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Uint8Array;
}

function written(error: AwsError, requestId: string): Written {
  const service = loadService("lambda");
  const { status, headers, body } = restJson(service).fail(
    undefined,
    failureOf(error, service, requestId),
  );
  const others = Object.entries(headers).filter(([name]) => name !== "x-amzn-requestid");
  return {
    status,
    headers: others.flatMap(([name, value]) => [name, headerText(value)]),
    body: Buffer.from(String(body ?? "")),
  };
}

/** Who floods the platform must cost it little: what it is answered is written once. */
const throttled = new Map<unknown, Written>();

function answerThrottled(caller: DirectCaller, error: YunqueError, requestId: string): void {
  const { reason } = error.details;
  let known = throttled.get(reason);
  if (!known) {
    known = written(lambdaError(error) as AwsError, "");
    throttled.set(reason, known);
  }
  const { headers, body } = known;
  paced(() => caller.answer(429, [...headers, "x-amzn-RequestId", requestId], body));
}

/** Five hundred leave per second, fifty more after a pause, and none waits longer than a second. */
const EVERY_MS = 2;
const BURST_MS = 100;
const LONGEST_MS = 1_000;
/** When the next one may leave. */
let nextAt = 0;

/**
 * Callers who come again at once when they are refused, hundreds of them, would take all the time that those need who
 * are not: the platform would answer nothing but them.
 */
function paced(send: () => void): void {
  const now = performance.now();
  nextAt = Math.min(now + LONGEST_MS, Math.max(nextAt + EVERY_MS, now - BURST_MS));
  if (nextAt <= now) send();
  else setTimeout(send, nextAt - now);
}
