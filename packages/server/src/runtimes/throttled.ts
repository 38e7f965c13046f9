import { ExecutorError, type ThrottleReason } from "../ports/executor.ts";

/** Made once: whoever floods the platform is refused without a stack trace for each call. */
const errors = new Map<ThrottleReason, ExecutorError>();

/** The refusal of an invocation that a limit stands against. */
export function throttled(reason: ThrottleReason): ExecutorError {
  let error = errors.get(reason);
  if (!error) {
    error = new ExecutorError("throttled", reason, reason);
    errors.set(reason, error);
  }
  return error;
}
