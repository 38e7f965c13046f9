/** Runs a handler that answers once, as Lambda does from nodejs24.x on: it returns a value or a promise. */
import { isUtf8 } from "node:buffer";
import type { InvokeFrame } from "../../../wire/invoke-frame.ts";
import type { Running, Start } from "../../bootstrap/line.ts";
import type { Answers } from "./answer.ts";
import { logError } from "./console.ts";
import type { ContextMaker } from "./context.ts";
import { JSONStringifyError, NodeJsExit } from "./errors.ts";
import type { Handler } from "./load.ts";

/** What every way of running a handler needs. */
export interface RunParts {
  readonly handler: Handler;
  readonly answers: Answers;
  readonly context: ContextMaker;
  readonly timeoutMs: number;
  /** Others run beside it: the event loop is never its own. */
  readonly shared: boolean;
}

/** What Lambda says where a handler's promise can never settle any more. */
export const NEVER_SETTLED =
  "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes";

/** Starts invocations of a handler whose value or promise is its answer. */
export function bufferedStart({ handler, answers, context, timeoutMs }: RunParts): Start {
  return (frame, ended) => {
    const settle = settleOnce(frame, answers, ended);
    const { running } = settle;
    const succeed = (value: unknown): void => {
      const json = toJson(value);
      if (json === undefined)
        settle.fail(new JSONStringifyError("Unable to stringify response body"));
      else settle.succeed(json);
    };
    try {
      const value = handler(parseEvent(frame.event), context(frame, Date.now() + timeoutMs));
      if (isThenable(value)) value.then(succeed, settle.fail);
      else succeed(value);
    } catch (error) {
      settle.fail(error);
    }
    return running;
  };
}

/** The ways out of one buffered invocation: whichever comes first counts. */
export function settleOnce(frame: InvokeFrame, answers: Answers, ended: () => void) {
  const startedAt = performance.now();
  let settled = false;
  const once = (answer: () => void): void => {
    if (settled) return;
    settled = true;
    answer();
    ended();
  };
  const failQuietly = (thrown: unknown): void =>
    once(() => answers.error(frame.call, startedAt, thrown));
  const fail = (thrown: unknown): void => {
    if (!settled) logError("Invoke Error", thrown);
    failQuietly(thrown);
  };
  const running: Running = {
    frame,
    startedAt,
    emptyLoop: () => fail(new NodeJsExit(NEVER_SETTLED)),
    fail: failQuietly,
    grant() {},
  };
  return {
    running,
    fail,
    succeed: (json: string): void => once(() => answers.result(frame.call, startedAt, json)),
  };
}

/** An invocation without a payload has an empty object as its event. What is not UTF-8 is no JSON (RFC 8259, 8.1). */
export function parseEvent(event: Buffer): unknown {
  if (event.length === 0) return {};
  if (!isUtf8(event)) throw new SyntaxError("The event is not UTF-8");
  return JSON.parse(event.toString());
}

/** The response's text; undefined where it has none (a cycle, a BigInt). What JSON has no word for is null, as in Lambda. */
export function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) ?? "null";
  } catch {
    return undefined;
  }
}

/** Whether a handler answered with a promise, of whatever kind. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
