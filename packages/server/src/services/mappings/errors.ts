import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

export type MappingErrorCode = keyof typeof MAPPING_ERRORS;

export const MAPPING_ERRORS = {
  MappingNotFound: {
    fault: "user",
    retryable: false,
    meaning: "There is no event source mapping with this UUID, or its function does not exist.",
  },
  MappingConflict: {
    fault: "user",
    retryable: false,
    meaning: "The function has a mapping for this source already: change or delete that one.",
  },
  MappingBusy: {
    fault: "user",
    retryable: true,
    meaning:
      "The mapping is being created, changed or deleted. Wait until its state is a lasting one.",
  },
  InvalidMapping: {
    fault: "user",
    retryable: false,
    meaning: "The settings do not go with the kind of source, or with each other.",
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

/** An error of the table, in AWS's words where AWS has words for it. */
export const mappingError = (code: MappingErrorCode, message: string): YunqueError =>
  new YunqueError(code, message);

export const invalid = (message: string): YunqueError => mappingError("InvalidMapping", message);

export const noMapping = (): YunqueError =>
  mappingError("MappingNotFound", "The resource you requested does not exist.");
