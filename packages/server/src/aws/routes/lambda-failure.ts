import type { ServerResponse } from "node:http";
import { YunqueError } from "../../domain/errors.ts";
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
  if (error instanceof YunqueError && error.code === "FunctionThrottled") {
    sendThrottled(response, error, requestId);
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

/** The answer to a throttled invocation, as far as it is always the same. */
interface Throttled {
  readonly head: readonly string[];
  readonly body: string;
}

/** Who floods the platform must cost it little: what it is answered is written once. */
const throttled = new Map<unknown, Throttled>();

function sendThrottled(response: ServerResponse, error: YunqueError, requestId: string): void {
  const { reason } = error.details;
  let known = throttled.get(reason);
  if (!known) {
    known = throttledAnswer(error);
    throttled.set(reason, known);
  }
  const { head, body } = known;
  paced(() => {
    response.writeHead(429, [...head, "x-amzn-RequestId", requestId]);
    response.end(body, "latin1");
  });
}

/** One leaves per millisecond, a hundred more after a pause, and none waits longer than a second. */
const EVERY_MS = 1;
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

function throttledAnswer(error: YunqueError): Throttled {
  const service = loadService("lambda");
  const { headers, body } = restJson(service).fail(
    undefined,
    failureOf(lambdaError(error) as AwsError, service, ""),
  );
  const text = String(body);
  const head = Object.entries(headers).filter(([name]) => name !== "x-amzn-requestid");
  return { head: [...head.flat(), "content-length", String(Buffer.byteLength(text))], body: text };
}
