/** Errors in the words of Lambda's Node.js runtime: what the caller gets, and what the log says. */
import { types } from "node:util";

/** The error object that a caller receives as the payload. */
export interface ErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** The name lies on the prototype, so that the first line of the stack has it. */
function runtimeError(kind: string) {
  class RuntimeError extends Error {}
  Object.defineProperty(RuntimeError.prototype, "name", { value: `Runtime.${kind}` });
  return RuntimeError;
}

// Each is what Lambda calls `Runtime.` and its name.
export const ImportModuleError = runtimeError("ImportModuleError");
export const HandlerNotFound = runtimeError("HandlerNotFound");
export const MalformedHandlerName = runtimeError("MalformedHandlerName");
export const UserCodeSyntaxError = runtimeError("UserCodeSyntaxError");
export const MalformedStreamingHandler = runtimeError("MalformedStreamingHandler");
export const InvalidStreamingOperation = runtimeError("InvalidStreamingOperation");
export const CallbackHandlerDeprecated = runtimeError("CallbackHandlerDeprecated");
export const JSONStringifyError = runtimeError("JSONStringifyError");
export const NodeJsExit = runtimeError("NodeJsExit");
export const UnhandledPromiseRejection = runtimeError("UnhandledPromiseRejection");

/** Whatever was thrown, as the payload; never throws itself. */
export function errorPayload(thrown: unknown): ErrorPayload {
  try {
    if (isErrorLike(thrown)) {
      const { name, message, stack } = thrown;
      return { errorType: name, errorMessage: message, trace: String(stack).split("\n") };
    }
    return {
      errorType: typeof thrown,
      errorMessage: (thrown as { toString(): string }).toString(),
      trace: [],
    };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
    };
  }
}

/** As JSON, whatever getters and types the error's fields have. */
export function errorJson(thrown: unknown): string {
  try {
    return JSON.stringify(errorPayload(thrown));
  } catch {
    return JSON.stringify(errorPayload(new Error("Unable to stringify response body")));
  }
}

/** What the text log shows behind "Invoke Error" and the like: a tab and the error with all of its own fields. */
export function errorLogText(thrown: unknown): string {
  const error = asError(thrown);
  try {
    return `\t${JSON.stringify(error, (_key, value) => withFields(value))}`;
  } catch {
    return `\t${errorJson(error)}`;
  }
}

/** The error itself, or one that says what was thrown instead. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  try {
    return new Error(String(thrown));
  } catch {
    return new Error(typeof thrown);
  }
}

function isErrorLike(thrown: unknown): thrown is Error {
  if (types.isNativeError(thrown)) return true;
  const like = thrown as Partial<Error> | null | undefined;
  return (
    !!like?.name &&
    !!like.message &&
    !!like.stack &&
    typeof like.name === "string" &&
    typeof like.message === "string" &&
    typeof like.stack === "string"
  );
}

/** name, message and stack are not enumerable: JSON would lose them. */
function withFields(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return {
    errorType: value.name,
    errorMessage: value.message,
    code: (value as { code?: unknown }).code,
    ...value,
    ...(typeof value.stack === "string" ? { stack: value.stack.split("\n") } : {}),
  };
}
