import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

/** What goes wrong with traces. docs/reference/errors.md repeats it. */
export type TracesErrorCode = keyof typeof TRACES_ERRORS;

const user = (meaning: string): ErrorEntry => ({ fault: "user", retryable: false, meaning });

export const TRACES_ERRORS = {
  InvalidTraceRequest: user("A value breaks a rule of X-Ray; the message says which."),
  TraceResourceUnknown: user("No group or sampling rule has this ARN."),
  TooManySamplingRules: user("A region has at most 25 sampling rules besides the default one."),
  TooManyTraceTags: user("A group or sampling rule has at most 50 tags."),
} as const satisfies Record<string, ErrorEntry>;

export const tracesError = (code: TracesErrorCode, message: string): YunqueError =>
  new YunqueError(code, message);

export const invalid = (message: string): YunqueError =>
  tracesError("InvalidTraceRequest", message);
