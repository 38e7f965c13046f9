/** Runs a handler as Lambda does up to nodejs22.x: a promise, or the callback, or context.done and its kin. */

import type { Start } from "../../bootstrap/line.ts";
import { NodeJsExit } from "./errors.ts";
import {
  isThenable,
  NEVER_SETTLED,
  parseEvent,
  type RunParts,
  settleOnce,
  toJson,
} from "./run-buffered.ts";

/** What the old programming model adds to `context`. */
interface CallbackContext {
  callbackWaitsForEmptyEventLoop: boolean;
  succeed(result: unknown): void;
  fail(error: unknown): void;
  done(error: unknown, result?: unknown): void;
}

/** Starts invocations of a handler of the old programming model. Where others run beside it an empty event loop is nothing to wait for: the callback answers at once. */
export function callbackStart({ handler, answers, context, timeoutMs, shared }: RunParts): Start {
  const isAsync = handler.constructor?.name === "AsyncFunction";
  return (frame, ended) => {
    const settle = settleOnce(frame, answers, ended);
    const complete = (result: unknown): void => {
      const json = toJson(result);
      if (json === undefined) settle.fail(new Error("Unable to stringify response body"));
      else settle.succeed(json);
    };
    /** What an empty event loop means: until a callback came, that nobody will ever answer. */
    let whenEmpty = (): void => {
      if (isAsync) settle.fail(new NodeJsExit(NEVER_SETTLED));
      else complete(null);
    };

    let answered = false;
    const first = (action: (...parameters: unknown[]) => void) => {
      return (...parameters: unknown[]): void => {
        if (answered) return;
        answered = true;
        action(...parameters);
      };
    };
    const done = (error: unknown, result: unknown): void => {
      if (error !== undefined && error !== null) settle.fail(error);
      else complete(result);
    };
    const old: CallbackContext = {
      callbackWaitsForEmptyEventLoop: true,
      succeed: first((result) => done(null, result)),
      fail: first((error) => done(error ?? "handled", null)),
      done: first(done),
    };
    const callback = first((error, result) => {
      if (error !== undefined && error !== null) settle.fail(error);
      else if (shared || !old.callbackWaitsForEmptyEventLoop) complete(result);
      else whenEmpty = () => complete(result);
    });

    try {
      const event = parseEvent(frame.event);
      const full = Object.assign(old, context(frame, Date.now() + timeoutMs));
      const value = handler(event, full, callback);
      if (isThenable(value)) value.then(old.succeed, old.fail);
    } catch (error) {
      callback(error);
    }
    return { ...settle.running, emptyLoop: () => whenEmpty() };
  };
}

/** Lambda: from nodejs24.x on a handler with a third parameter is refused at init. */
export const CALLBACK_REMOVED =
  "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";
