/** `console` as Lambda's Node.js runtime has it: each call one log entry with time, request id and level. */
import { writeSync } from "node:fs";
import { format } from "node:util";
import { RECORD_HEADER_BYTES, RECORD_MARK, RECORD_TEXT_BYTES } from "../../../wire/log-record.ts";
import { asError, errorLogText } from "./errors.ts";
import type { Scope, Scopes } from "./scopes.ts";

const STDOUT = 1;
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;
type Level = (typeof LEVELS)[number];

/** Whose entries these are; kept after the invocation, as Lambda does for what runs on in the background. */
let requestId: string | undefined;
let call = 0;
let entries = 0;
let json = false;
/** Where several invocations run at once: whose entry it is. */
let scopes: Pick<Scopes, "current" | "of"> | undefined;

/** From now on entries belong to this invocation. */
export function logFor(invocation: { readonly requestId: string; readonly call: number }): void {
  requestId = invocation.requestId;
  call = invocation.call;
  entries = 0;
}

/** From now on each entry belongs to the invocation whose code writes it. */
export function logByScope(all: Pick<Scopes, "current" | "of">): void {
  scopes = all;
}

/** How many entries this invocation has written; it is the current one where there is one at a time. */
export function entriesWritten(number: number): number {
  return scopes ? (scopes.of(number)?.entries ?? 0) : entries;
}

/** Replaces the methods of `console`, by AWS_LAMBDA_LOG_FORMAT and AWS_LAMBDA_LOG_LEVEL. */
export function patchConsole(environment: NodeJS.ProcessEnv): void {
  json = environment["AWS_LAMBDA_LOG_FORMAT"]?.toUpperCase() === "JSON";
  const least = environment["AWS_LAMBDA_LOG_LEVEL"]?.toUpperCase() ?? "TRACE";
  const threshold = Math.max(0, (LEVELS as readonly string[]).indexOf(least));
  const at = (level: Level): ((...parameters: unknown[]) => void) =>
    LEVELS.indexOf(level) < threshold ? () => {} : (...parameters) => entry(level, parameters);
  const methods = {
    trace: at("TRACE"),
    debug: at("DEBUG"),
    info: at("INFO"),
    log: at("INFO"),
    warn: at("WARN"),
    error: at("ERROR"),
    fatal: at("FATAL"),
  };
  Object.assign(console, methods);
}

/** Logs an error that ended an invocation or the instance; `title` is for example "Invoke Error". */
export function logError(title: string, thrown: unknown): void {
  if (json) console.error(asError(thrown));
  else console.error(title, errorLogText(thrown));
}

function entry(level: Level, parameters: unknown[]): void {
  if (scopes) turnTo(scopes.current);
  const time = new Date().toISOString();
  if (json) writeRecord(jsonEntry(time, level, parameters));
  else writeRecord(`${time}\t${requestId}\t${level}\t${format(...parameters)}`);
}

function turnTo(scope: Scope | undefined): void {
  requestId = scope?.requestId;
  call = scope?.call ?? 0;
  if (scope) scope.entries++;
}

/** The layout of Lambda's JSON log format. */
function jsonEntry(timestamp: string, level: Level, parameters: unknown[]): string {
  const fields: Record<string, unknown> = { timestamp, level, requestId };
  if (parameters.length === 1) {
    fields["message"] = parameters[0];
    try {
      return JSON.stringify(fields, (_key, value) => (isError(value) ? errorFields(value) : value));
    } catch {
      fields["message"] = format(parameters[0]);
      return JSON.stringify(fields);
    }
  }
  fields["message"] = format(...parameters);
  const error = parameters.find(isError);
  return JSON.stringify(error ? { ...fields, ...errorFields(error) } : fields);
}

const isError = (value: unknown): value is Error => value instanceof Error;

const errorFields = (error: Error): object => ({
  errorType: error.constructor?.name ?? "UnknownError",
  errorMessage: error.message,
  stackTrace: typeof error.stack === "string" ? error.stack.split("\n") : error.stack,
  ...error,
});

/** Synchronous, so that nothing is lost when the handler never returns or the process dies. */
function writeRecord(text: string): void {
  let bytes = Buffer.from(text);
  if (bytes.length > RECORD_TEXT_BYTES) bytes = bytes.subarray(0, characterEnd(bytes));
  const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + bytes.length);
  record.set(RECORD_MARK);
  record.writeUInt32LE(bytes.length, 4);
  record.writeUInt32LE(call, 8);
  record.set(bytes, RECORD_HEADER_BYTES);
  entries++;
  writeAll(record);
}

/** The last end of a character within the bound. */
function characterEnd(bytes: Buffer): number {
  let end = RECORD_TEXT_BYTES;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** The pipe may be full, and non-blocking once the handler touched process.stdout: then we wait, as a blocking one would. */
function writeAll(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(STDOUT, bytes, at);
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") return;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}
