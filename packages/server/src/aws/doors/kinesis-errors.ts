import { YunqueError } from "../../domain/errors.ts";
import type { StreamErrorCode } from "../../services/streams/index.ts";
import { AwsError } from "../error.ts";

/** Kinesis's name for each error of the service. */
const NAMES: Readonly<Record<StreamErrorCode, string>> = {
  StreamNotFound: "ResourceNotFoundException",
  StreamInUse: "ResourceInUseException",
  StreamArgumentInvalid: "InvalidArgumentException",
  StreamRequestInvalid: "ValidationException",
  StreamLimitExceeded: "LimitExceededException",
  StreamThroughputExceeded: "ProvisionedThroughputExceededException",
  StreamIteratorExpired: "ExpiredIteratorException",
  StreamTokenExpired: "ExpiredNextTokenException",
  StreamDryRun: "DryRunOperationException",
};

/** A service's error as Kinesis answers it; anything else is passed on as it is. */
export function kinesisError(error: unknown): unknown {
  if (!(error instanceof YunqueError)) return error;
  if (error.code === "StorageFull" || error.code === "StorageBusy")
    return new AwsError("InternalFailureException", "The storage takes no writes at the moment.", {
      status: 500,
    });
  if (!Object.hasOwn(NAMES, error.code)) return error;
  return new AwsError(NAMES[error.code as StreamErrorCode], error.message);
}
