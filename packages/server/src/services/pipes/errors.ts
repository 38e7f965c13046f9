import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

export type PipeErrorCode = keyof typeof PIPE_ERRORS;

export const PIPE_ERRORS = {
  PipeNotFound: {
    fault: "user",
    retryable: false,
    meaning: "There is no pipe of this name or ARN.",
  },
  PipeConflict: {
    fault: "user",
    retryable: true,
    meaning:
      "A pipe of this name exists, or it is on its way to another state. Wait, or choose another name.",
  },
  InvalidPipe: {
    fault: "user",
    retryable: false,
    meaning:
      "Source, enrichment, target and their parameters do not go together, or are not supported.",
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export const pipeError = (
  code: PipeErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): YunqueError => new YunqueError(code, message, details);

export const invalid = (message: string): YunqueError => pipeError("InvalidPipe", message);

export const noPipe = (name: string): YunqueError =>
  pipeError("PipeNotFound", `Pipe ${name} does not exist.`);

export const conflict = (name: string, message: string): YunqueError =>
  pipeError("PipeConflict", message, { resourceId: name, resourceType: "Pipe" });
