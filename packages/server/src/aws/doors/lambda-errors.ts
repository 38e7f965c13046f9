import { YunqueError } from "../../domain/errors.ts";
import type { FunctionErrorCode } from "../../services/functions/index.ts";
import type { MappingErrorCode } from "../../services/mappings/index.ts";
import type { LambdaApi } from "../api/lambda.ts";
import type { Door } from "../context.ts";
import { AwsError } from "../error.ts";
import { worded } from "./worded.ts";

/** Lambda's name for each error of its services. */
const NAMES: Readonly<Record<FunctionErrorCode | MappingErrorCode, string>> = {
  FunctionNotFound: "ResourceNotFoundException",
  FunctionConflict: "ResourceConflictException",
  InvalidFunction: "InvalidParameterValueException",
  RevisionMismatch: "PreconditionFailedException",
  ForeignAccount: "AccessDeniedException",
  ZipTooLarge: "RequestEntityTooLargeException",
  CodeStorageFull: "CodeStorageExceededException",
  PolicyTooLong: "PolicyLengthExceededException",
  TooManyAliases: "AliasLimitExceededException",
  CodeSigningConfigUnknown: "CodeSigningConfigNotFoundException",
  TooManyCapacityProviders: "CapacityProviderLimitExceededException",
  TooManyVersionsOnProvider: "FunctionVersionsPerCapacityProviderLimitExceededException",
  SnapshotNotReady: "SnapStartNotReadyException",
  RestoreFailed: "SnapStartException",
  RestoreTimedOut: "SnapStartTimeoutException",
  ProvisionedUnknown: "ProvisionedConcurrencyConfigNotFoundException",
  FunctionThrottled: "TooManyRequestsException",
  RecursiveInvocation: "RecursiveInvocationException",
  RuntimeUnavailable: "InvalidRuntimeException",
  InvocationFailed: "ServiceException",
  FunctionsClosing: "ServiceException",
  MappingNotFound: "ResourceNotFoundException",
  MappingConflict: "ResourceConflictException",
  MappingBusy: "ResourceInUseException",
  InvalidMapping: "InvalidParameterValueException",
};

/** What Lambda answers of errors that its model does not know. */
const UNMODELLED: Readonly<Record<string, number>> = {
  AccessDeniedException: 403,
  RequestEntityTooLargeException: 413,
};

/** Storage that took nothing: nothing is lost, and the same call may succeed later. */
const STORAGE: Readonly<Record<string, string>> = {
  StorageFull: "The platform has no room left on its disk. Nothing was changed.",
  StorageBusy: "The platform's storage has more to write than it can. Nothing was changed.",
  StorageClosed: "The platform is stopping. Nothing was changed.",
};

/** A service's error as Lambda answers it; anything else is passed on as it is. */
export function lambdaError(error: unknown): unknown {
  if (!(error instanceof YunqueError)) return error;
  const storage = STORAGE[error.code];
  if (storage !== undefined) return new AwsError("ServiceException", storage);
  if (!Object.hasOwn(NAMES, error.code)) return error;
  const name = NAMES[error.code as keyof typeof NAMES];
  const status = UNMODELLED[name];
  if (status !== undefined) return new AwsError(name, error.message, { status });
  const { reason, retryAfterSeconds, untyped } = error.details;
  return new AwsError(name, error.message, {
    members: {
      ...(untyped === true ? { Type: undefined } : {}),
      ...(reason === undefined ? {} : { Reason: reason }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  });
}

/** A door whose methods throw Lambda's errors. */
export const withLambdaErrors = (door: Door<LambdaApi>): Door<LambdaApi> =>
  worded(door, lambdaError);
