import { YunqueError } from "../../domain/errors.ts";
import type { PipeErrorCode } from "../../services/pipes/index.ts";
import { AwsError } from "../error.ts";

/** Pipes' name for each error of the service. */
const NAMES: Readonly<Record<PipeErrorCode, string>> = {
  PipeNotFound: "NotFoundException",
  PipeConflict: "ConflictException",
  InvalidPipe: "ValidationException",
};

/** Storage that took nothing: nothing is lost, and the same call may succeed later. */
const STORAGE: ReadonlySet<string> = new Set(["StorageFull", "StorageBusy", "StorageClosed"]);

/** A service's error as Pipes answers it; anything else is passed on as it is. */
export function pipesError(error: unknown): unknown {
  if (!(error instanceof YunqueError)) return error;
  if (STORAGE.has(error.code)) return new AwsError("InternalException", error.message);
  if (!Object.hasOwn(NAMES, error.code)) return error;
  const { resourceId, resourceType } = error.details;
  return new AwsError(NAMES[error.code as PipeErrorCode], error.message, {
    members: resourceId === undefined ? {} : { resourceId, resourceType },
  });
}
