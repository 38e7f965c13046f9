/** How a loaded handler is run: by what it is, and by the runtime that its function names. */
import type { Specialisation } from "../../../wire/frames.ts";
import type { Channel } from "../../bootstrap/channel.ts";
import type { Start } from "../../bootstrap/line.ts";
import { createAnswers } from "./answer.ts";
import { contextMaker, contextWithTrace } from "./context.ts";
import { CallbackHandlerDeprecated } from "./errors.ts";
import type { LoadedHandler } from "./load.ts";
import { bufferedStart } from "./run-buffered.ts";
import { CALLBACK_REMOVED, callbackStart } from "./run-callback.ts";
import { streamingStart } from "./run-streaming.ts";

/** @throws Runtime.CallbackHandlerDeprecated where the runtime has no callbacks any more. */
export function startOf(
  loaded: LoadedHandler,
  told: Pick<Specialisation, "responseBytes" | "timeoutMs" | "concurrency">,
  channel: Channel,
): Start {
  const shared = told.concurrency > 1;
  const parts = {
    handler: loaded.handler,
    answers: createAnswers(channel, told.responseBytes),
    context: shared ? contextWithTrace(process.env) : contextMaker(process.env),
    timeoutMs: told.timeoutMs,
    shared,
  };
  if (loaded.streaming) return streamingStart(parts, channel, loaded.highWaterMark);
  const major = Number(/nodejs(\d+)/.exec(process.env["AWS_EXECUTION_ENV"] ?? "")?.[1]);
  if (major < 24) return callbackStart(parts);
  if (loaded.handler.length >= 3) throw new CallbackHandlerDeprecated(CALLBACK_REMOVED);
  return bufferedStart(parts);
}
