import type { Call } from "./call.ts";
import { UNKNOWN_REQUEST } from "./wire/frames.ts";

/** Errors that lie in the package itself: the next instance would fail in the same way. */
export const INCURABLE: ReadonlySet<string> = new Set([
  "Runtime.ImportModuleError",
  "Runtime.HandlerNotFound",
  "Runtime.UserCodeSyntaxError",
  "Runtime.MalformedHandlerName",
  "Runtime.MalformedStreamingHandler",
  "Runtime.CallbackHandlerDeprecated",
  "Runtime.InvalidEntrypoint",
]);

/** The error object of an init, with the id of the invocation that is told of it where it has a place for one. */
export function errorFor({ invocation }: Call, error: Uint8Array): Uint8Array {
  const bytes = Buffer.from(error.buffer, error.byteOffset, error.length);
  if (!bytes.includes(UNKNOWN_REQUEST)) return error;
  return Buffer.from(bytes.toString().replaceAll(UNKNOWN_REQUEST, invocation.requestId));
}
