/**
 * What a Node.js instance runs: it boots without knowing any function, is told to become one, and then runs its
 * invocations, one after another or several at once. Plain JavaScript once its types are stripped; needs nothing but Node.js.
 */
import { AHEAD, Kind, type Specialisation } from "../../../wire/frames.ts";
import { readInvoke } from "../../../wire/invoke-frame.ts";
import { openChannel } from "../../bootstrap/channel.ts";
import { Line } from "../../bootstrap/line.ts";
import { SideBySide } from "../../bootstrap/side-by-side.ts";
import { errorBody } from "./answer.ts";
import { codeCache, prepareCodeCache, useCodeCache } from "./code-cache.ts";
import { logByScope, logError, logFor, patchConsole } from "./console.ts";
import { UnhandledPromiseRejection } from "./errors.ts";
import { type LoadedHandler, loadHandler, streamifyResponse } from "./load.ts";
import { rehearse } from "./rehearse.ts";
import { prepareResolution } from "./resolve.ts";
import { HttpResponseStream } from "./response-stream.ts";
import { Scopes } from "./scopes.ts";
import { startOf } from "./start-of.ts";

const NOTHING = new Uint8Array(0);
/** Exit codes of Lambda's runtime client. */
const EXIT_UNCAUGHT = 129;
const EXIT_UNHANDLED = 128;

/** Compiled code is given in pieces of so many bytes. */
const PIECE_BYTES = 2 ** 20;

/** The longest error object of an init. */
const INIT_ERROR_BYTES = 256 * 1024;

let line: Line | SideBySide | undefined;
/** Where several invocations run at once: whose code it is that runs now. */
let scopes: Scopes | undefined;
let left = false;

const channel = openChannel((kind, call, payload) => {
  if (kind === Kind.invoke) line?.add(readInvoke(call, payload));
  else if (kind === Kind.recall) line?.recall();
  else if (kind === Kind.credit) line?.grant(call, payload.readUInt32LE(0));
  else if (kind === Kind.giveCode) giveCode();
  else if (kind === Kind.rehearse) JSON.parse(payload.toString());
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
process.on("beforeExit", () => line?.emptyLoop());
process.on("exit", leave);

const resolveAsLambda = prepareResolution();
prepareCodeCache();
void boot();

async function boot(): Promise<void> {
  const [ahead, modules = "", ...packages] = process.argv.slice(2);
  if (ahead === AHEAD) await rehearse(modules, packages, assume);
  channel.writer.frame(Kind.booted, 0, NOTHING, NOTHING);
  channel.writer.flush();
}

async function become(told: Specialisation): Promise<void> {
  // A module that never finishes to load leaves an empty event loop, and ends the process: as in Lambda.
  channel.hold(false);
  assume(told);
  try {
    // A wrapper may have named another one.
    const named = told.wrapped ? process.env["_HANDLER"] : undefined;
    const loaded = await loadHandler(told.taskRoot, named ?? told.handler);
    line = told.concurrency > 1 ? severalOf(loaded, told) : oneOf(loaded, told);
    channel.hold(true);
    channel.writer.frame(Kind.initialised, 0, NOTHING, NOTHING);
    channel.writer.flush();
  } catch (error) {
    logError("Uncaught Exception", error);
    die(error, EXIT_UNCAUGHT);
  }
}

function oneOf(loaded: LoadedHandler, told: Specialisation): Line {
  const start = startOf(loaded, told, channel);
  return new Line(channel, (frame, ended) => {
    logFor(frame);
    if (frame.traceId) process.env["_X_AMZN_TRACE_ID"] = frame.traceId;
    else delete process.env["_X_AMZN_TRACE_ID"];
    return start(frame, ended);
  });
}

/** What is told by the process's environment to one at a time is told by their context to several. */
function severalOf(loaded: LoadedHandler, told: Specialisation): SideBySide {
  return new SideBySide(channel, (held) => {
    const start = startOf(loaded, told, held);
    return (frame, ended) => (scopes as Scopes).run(frame, start, ended);
  });
}

/** Takes on everything of a function but its code. */
function assume(told: Specialisation): void {
  if (!told.wrapped) replaceEnvironment(told.environment);
  process.chdir(told.taskRoot);
  patchConsole(process.env);
  resolveAsLambda(told);
  // Node.js's own source maps (NODE_OPTIONS) are those of modules that it compiles itself.
  const keeps = !process.sourceMapsEnabled && (told.keepCode || told.codeCache !== undefined);
  const roots = keeps ? [told.taskRoot, told.layers].map((root) => `${root}/`) : [];
  useCodeCache(told.codeCache, roots);
  const awslambda = { streamifyResponse, HttpResponseStream };
  if (told.concurrency > 1) {
    scopes = new Scopes();
    logByScope(scopes);
    Object.assign(awslambda, { InvokeStore: scopes.store });
  }
  Object.assign(globalThis, { awslambda });
}

/** Nothing of what the process was started with remains. */
function replaceEnvironment(environment: Readonly<Record<string, string>>): void {
  const before = { ...process.env };
  for (const name of Object.keys(before)) if (!(name in environment)) delete process.env[name];
  for (const [name, value] of Object.entries(environment))
    if (before[name] !== value) process.env[name] = value;
}

function giveCode(): void {
  const bytes = codeCache();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES)
    channel.writer.frame(Kind.code, 0, NOTHING, bytes.subarray(at, at + PIECE_BYTES));
  channel.writer.frame(Kind.code, 0, NOTHING, NOTHING);
  channel.writer.flush();
}

/** Whoever is on the way here must not count as started. */
function leave(): void {
  if (left) return;
  left = true;
  if (line) line.leave();
  else {
    channel.writer.frame(Kind.leaving, 0, NOTHING, NOTHING);
    channel.writer.flush();
  }
}

/** The process cannot be trusted any more: whoever waits gets the error, then it ends. */
function die(error: unknown, code: number): void {
  const call = scopes?.current?.call;
  leave();
  if (line) line.fail(error, call);
  else {
    channel.writer.frame(Kind.initFailed, 0, NOTHING, errorBody(error, INIT_ERROR_BYTES));
    channel.writer.flush();
  }
  channel.drained(() => process.exit(code));
}
