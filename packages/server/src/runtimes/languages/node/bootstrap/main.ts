/**
 * What a Node.js instance runs: it boots without knowing any function, is told to become one, and then runs its
 * invocations one after another. Plain JavaScript once its types are stripped; needs nothing but Node.js.
 */
import { Kind, type Specialisation } from "../../../wire/frames.ts";
import { readInvoke } from "../../../wire/invoke-frame.ts";
import { createAnswers, errorBody } from "./answer.ts";
import { openChannel } from "./channel.ts";
import { logError, logFor, patchConsole } from "./console.ts";
import { contextMaker } from "./context.ts";
import { CallbackHandlerDeprecated, UnhandledPromiseRejection } from "./errors.ts";
import { Line, type Start } from "./line.ts";
import { type LoadedHandler, loadHandler, streamifyResponse } from "./load.ts";
import { prepareResolution } from "./resolve.ts";
import { HttpResponseStream } from "./response-stream.ts";
import { bufferedStart } from "./run-buffered.ts";
import { CALLBACK_REMOVED, callbackStart } from "./run-callback.ts";
import { streamingStart } from "./run-streaming.ts";

const NOTHING = new Uint8Array(0);
/** Exit codes of Lambda's runtime client. */
const EXIT_UNCAUGHT = 129;
const EXIT_UNHANDLED = 128;

/** The longest error object of an init. */
const INIT_ERROR_BYTES = 256 * 1024;

let line: Line | undefined;
let left = false;

const channel = openChannel((kind, call, payload) => {
  if (kind === Kind.invoke) line?.add(readInvoke(call, payload));
  else if (kind === Kind.recall) line?.recall();
  else if (kind === Kind.credit) grant(call, payload.readUInt32LE(0));
  else if (kind === Kind.specialise) void become(JSON.parse(payload.toString()));
});

process.on("uncaughtException", (error) => {
  logError("Uncaught Exception", error);
  die(error, EXIT_UNCAUGHT);
});
process.on("unhandledRejection", (reason, promise) => {
  const error = Object.assign(new UnhandledPromiseRejection(String(reason)), { reason, promise });
  logError("Unhandled Promise Rejection", error);
  die(error, EXIT_UNHANDLED);
});
process.on("beforeExit", () => line?.running?.emptyLoop());
process.on("exit", leave);

const resolveAsLambda = prepareResolution();
channel.writer.frame(Kind.booted, 0, NOTHING, NOTHING);
channel.writer.flush();

async function become(told: Specialisation): Promise<void> {
  // A module that never finishes to load leaves an empty event loop, and ends the process: as in Lambda.
  channel.hold(false);
  if (!told.wrapped) replaceEnvironment(told.environment);
  process.chdir(told.taskRoot);
  patchConsole(process.env);
  resolveAsLambda(told);
  Object.assign(globalThis, { awslambda: { streamifyResponse, HttpResponseStream } });
  try {
    const loaded = await loadHandler(told.taskRoot, told.handler);
    const start = startOf(loaded, told);
    line = new Line(channel, (frame, ended) => {
      logFor(frame);
      if (frame.traceId) process.env["_X_AMZN_TRACE_ID"] = frame.traceId;
      else delete process.env["_X_AMZN_TRACE_ID"];
      return start(frame, ended);
    });
    channel.hold(true);
    channel.writer.frame(Kind.initialised, 0, NOTHING, NOTHING);
    channel.writer.flush();
  } catch (error) {
    logError("Uncaught Exception", error);
    die(error, EXIT_UNCAUGHT);
  }
}

function startOf(loaded: LoadedHandler, told: Specialisation): Start {
  const parts = {
    handler: loaded.handler,
    answers: createAnswers(channel, told.responseBytes),
    context: contextMaker(process.env),
    timeoutMs: told.timeoutMs,
  };
  if (loaded.streaming) return streamingStart(parts, channel, loaded.highWaterMark);
  const major = Number(/nodejs(\d+)/.exec(process.env["AWS_EXECUTION_ENV"] ?? "")?.[1]);
  if (major < 24) return callbackStart(parts);
  if (loaded.handler.length >= 3) throw new CallbackHandlerDeprecated(CALLBACK_REMOVED);
  return bufferedStart(parts);
}

/** Nothing of what the process was started with remains. */
function replaceEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
}

function grant(call: number, bytes: number): void {
  if (line?.running?.frame.call === call) line.running.grant(bytes);
}

/** Whoever is on the way here must not count as started. */
function leave(): void {
  if (left) return;
  left = true;
  line?.close();
  channel.writer.frame(Kind.leaving, line?.call ?? 0, NOTHING, NOTHING);
  channel.writer.flush();
}

/** The process cannot be trusted any more: whoever waits gets the error, then it ends. */
function die(error: unknown, code: number): void {
  leave();
  if (line) line.running?.fail(error);
  else {
    channel.writer.frame(Kind.initFailed, 0, NOTHING, errorBody(error, INIT_ERROR_BYTES));
    channel.writer.flush();
  }
  channel.drained(() => process.exit(code));
}
