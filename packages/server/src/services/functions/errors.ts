import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

/** What the functions service may answer besides the storage errors of its ports. */
export type FunctionErrorCode =
  | "FunctionNotFound"
  | "FunctionConflict"
  | "InvalidFunction"
  | "RevisionMismatch"
  | "ForeignAccount"
  | "ZipTooLarge"
  | "CodeStorageFull"
  | "PolicyTooLong"
  | "TooManyAliases"
  | "CodeSigningConfigUnknown"
  | "TooManyCapacityProviders"
  | "TooManyVersionsOnProvider"
  | "SnapshotNotReady"
  | "RestoreFailed"
  | "RestoreTimedOut"
  | "ProvisionedUnknown"
  | "FunctionThrottled"
  | "RecursiveInvocation"
  | "RuntimeUnavailable"
  | "InvocationFailed"
  | "FunctionsClosing";

export const FUNCTION_ERRORS: Readonly<Record<FunctionErrorCode, ErrorEntry>> = {
  FunctionNotFound: {
    fault: "user",
    retryable: false,
    meaning:
      "There is no such function, version, alias, layer or setting. Check name, region and account.",
  },
  FunctionConflict: {
    fault: "user",
    retryable: true,
    meaning:
      "It exists already, or another change of it is under way. Wait until the function is Active.",
  },
  InvalidFunction: {
    fault: "user",
    retryable: false,
    meaning: "A value breaks a rule of Lambda; the message says which one.",
  },
  RevisionMismatch: {
    fault: "user",
    retryable: false,
    meaning: "Somebody changed it since its RevisionId was read. Read it again, and decide again.",
  },
  ForeignAccount: {
    fault: "user",
    retryable: false,
    meaning:
      "Functions and layers are created in the caller's own account; the ARN names another one.",
  },
  ZipTooLarge: {
    fault: "user",
    retryable: false,
    meaning:
      "A zip inside of the request is larger than 50 MB. Put it into a bucket and name it there.",
  },
  CodeStorageFull: {
    fault: "user",
    retryable: false,
    meaning: "The account's functions and layers hold 75 GB. Delete versions that nobody needs.",
  },
  PolicyTooLong: {
    fault: "user",
    retryable: false,
    meaning: "The resource policy would be longer than 20 KB. Remove statements.",
  },
  TooManyAliases: {
    fault: "user",
    retryable: false,
    meaning: "The function has 1,000 aliases. Delete some.",
  },
  CodeSigningConfigUnknown: {
    fault: "user",
    retryable: false,
    meaning: "A function was to use a code signing configuration that does not exist.",
  },
  TooManyCapacityProviders: {
    fault: "user",
    retryable: false,
    meaning: "The account has 1,000 capacity providers in the region. Delete some.",
  },
  TooManyVersionsOnProvider: {
    fault: "user",
    retryable: false,
    meaning: "The capacity provider has 100 function versions. Delete some, or use another one.",
  },
  SnapshotNotReady: {
    fault: "user",
    retryable: true,
    meaning: "The version is being initialised ahead of time (SnapStart). Wait until it is Active.",
  },
  RestoreFailed: {
    fault: "user",
    retryable: false,
    meaning: "What the function does after it was restored (SnapStart) failed; its log says why.",
  },
  RestoreTimedOut: {
    fault: "user",
    retryable: false,
    meaning: "What the function does after it was restored (SnapStart) took more than 10 seconds.",
  },
  ProvisionedUnknown: {
    fault: "user",
    retryable: false,
    meaning: "The version or alias has no provisioned concurrency.",
  },
  FunctionThrottled: {
    fault: "user",
    retryable: true,
    meaning:
      "The function's or the account's concurrency is used up, or its queue is full. Try again later.",
  },
  RecursiveInvocation: {
    fault: "user",
    retryable: false,
    meaning:
      "The function was invoked 16 times in one chain of requests. Break the loop, or allow it with PutFunctionRecursionConfig.",
  },
  RuntimeUnavailable: {
    fault: "system",
    retryable: false,
    meaning:
      "This machine cannot run the function's runtime; `yunque doctor` says what is missing.",
  },
  InvocationFailed: {
    fault: "system",
    retryable: true,
    meaning: "No instance of the function could be started; the platform's log says why.",
  },
  FunctionsClosing: {
    fault: "system",
    retryable: true,
    meaning: "The platform is stopping and takes no new invocations.",
  },
};

/** An error of the table, in AWS's words where AWS has words for it. */
export function functionError(
  code: FunctionErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): YunqueError {
  return new YunqueError(code, message, details);
}

export const notFound = (message: string) => functionError("FunctionNotFound", message);
export const conflict = (message: string) => functionError("FunctionConflict", message);
export const invalid = (message: string) => functionError("InvalidFunction", message);

/** The refusal of a change whose caller saw an older revision. */
export function revisionMismatch(api = "GetFunction/GetAlias"): YunqueError {
  return functionError(
    "RevisionMismatch",
    `The Revision Id provided does not match the latest Revision Id. Call the ${api} API to retrieve the latest Revision Id`,
  );
}
