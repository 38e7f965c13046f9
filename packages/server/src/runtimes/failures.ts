/** How invocations fail by what happened to their instance, in Lambda's words. */
import { signalWords } from "./wire/signals.ts";

/** Why an invocation failed that its handler did not answer. */
export interface Failure {
  readonly errorType: string;
  /** Behind "RequestId: ... Error: ". */
  readonly reason: string;
  readonly status: "timeout" | "error";
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The sandbox ended it because it held more memory than the function has. */
  readonly outOfMemory?: true;
}

/** The function's timeout passed. */
export const timedOut = (timeoutMs: number): Failure => ({
  errorType: "Sandbox.Timedout",
  reason: `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
  status: "timeout",
});

/** The instance held more memory than the function has. */
export const outOfMemory: Failure = {
  errorType: "Runtime.OutOfMemory",
  reason: "Runtime exited with error: signal: killed",
  status: "error",
};

/** The process ended by itself, or somebody ended it. */
export const exited = (exit: Exit): Failure =>
  exit.outOfMemory
    ? outOfMemory
    : { errorType: "Runtime.ExitError", reason: exitReason(exit), status: "error" };

/** What an error object that an instance gave calls itself; undefined where it does not say. */
export function errorTypeIn(error: Uint8Array): string | undefined {
  const text = Buffer.from(error).toString("latin1", 0, 512);
  return /"errorType":\s*"([\w.]{1,100})"/.exec(text)?.[1];
}

/** The error object that the caller gets, as JSON. */
export const failurePayload = (failure: Failure, requestId: string): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      errorType: failure.errorType,
      errorMessage: `RequestId: ${requestId} Error: ${failure.reason}`,
    }),
  );

/** Longer responses than Lambda allows. */
export const tooLarge = (limit: number): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: `Response payload size exceeded maximum allowed payload size (${limit} bytes).`,
    }),
  );

function exitReason({ code, signal }: Exit): string {
  if (signal) return `Runtime exited with error: signal: ${signalWords(signal)}`;
  if (code) return `Runtime exited with error: exit status ${code}`;
  return "Runtime exited without providing a reason";
}
