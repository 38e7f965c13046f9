/** Errors on their way between processes: those that mean something arrive as what they were. */
import { YunqueError } from "../domain/errors.ts";
import {
  ExecutorError,
  type ExecutorFault,
  SnapshotError,
  type ThrottleReason,
} from "../ports/executor.ts";

/** An error as JSON. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function sentError(error: unknown): SentError {
  if (error instanceof YunqueError)
    return {
      name: "YunqueError",
      message: error.message,
      code: error.code,
      details: error.details,
    };
  if (error instanceof ExecutorError)
    return {
      name: error.name,
      message: error.message,
      code: error.fault,
      ...(error.reason ? { details: { reason: error.reason } } : {}),
    };
  if (error instanceof SnapshotError)
    return { name: error.name, message: error.message, code: error.errorType };
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message } = error;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? { name, message, code } : { name, message };
}

export function receivedError({ name, message, code = "", details }: SentError): Error {
  if (name === "YunqueError") return new YunqueError(code, message, details);
  if (name === "ExecutorError")
    return new ExecutorError(code as ExecutorFault, message, details?.["reason"] as ThrottleReason);
  if (name === "SnapshotError") return new SnapshotError(code, message);
  const names = name === "Error" ? {} : { name };
  return Object.assign(new Error(message), names, code === "" ? {} : { code });
}
