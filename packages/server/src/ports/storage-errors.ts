import { type ErrorEntry, YunqueError } from "../domain/errors.ts";

/** What any storage engine may answer besides the errors that each port names. */
export type StorageCode =
  | "StorageFull"
  | "StorageBusy"
  | "StorageInUse"
  | "StorageTooNew"
  | "StorageDamaged"
  | "StorageFailed"
  | "StorageClosed";

export const STORAGE_ERRORS: Readonly<Record<StorageCode, ErrorEntry>> = {
  StorageFull: {
    fault: "system",
    retryable: true,
    meaning:
      "There is no room for the write. Nothing of it was kept; it works again once there is.",
  },
  StorageBusy: {
    fault: "system",
    retryable: true,
    meaning:
      "More writes are waiting than the engine queues. Nothing was changed; try again later.",
  },
  StorageInUse: {
    fault: "user",
    retryable: false,
    meaning:
      "Another platform works on this data directory. Stop it, or choose another --data-dir.",
  },
  StorageTooNew: {
    fault: "user",
    retryable: false,
    meaning: "A newer Yunque wrote this data. Start that version, or choose another --data-dir.",
  },
  StorageDamaged: {
    fault: "system",
    retryable: false,
    meaning: "What is stored is not what Yunque wrote. Restore it from a copy.",
  },
  StorageFailed: {
    fault: "system",
    retryable: false,
    meaning: "The store failed. Whether the last write was kept is not known.",
  },
  StorageClosed: {
    fault: "system",
    retryable: false,
    meaning: "The platform is stopping. Nothing was changed.",
  },
};

/** Whether a commit that ended with this error may have been kept all the same: what it names must stay then. */
export const mayHaveBeenKept = (error: unknown): boolean =>
  error instanceof YunqueError && error.code === "StorageFailed";

/** An error of the table. `message` says what was tried on what. */
export function storageError(
  code: StorageCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): YunqueError {
  return new YunqueError(code, message, details);
}
