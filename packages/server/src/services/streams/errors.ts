import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

/** What goes wrong with streams. docs/reference/errors.md repeats it. */
export type StreamErrorCode = keyof typeof STREAM_ERRORS;

const user = (meaning: string, retryable = false): ErrorEntry => ({
  fault: "user",
  retryable,
  meaning,
});

export const STREAM_ERRORS = {
  StreamNotFound: user(
    "There is no such stream, shard, consumer or policy, or the stream is not made yet. The message says which.",
  ),
  StreamInUse: user(
    "The stream or consumer exists already, or is being changed. Wait until it is ACTIVE.",
    true,
  ),
  StreamArgumentInvalid: user(
    "An argument breaks a rule of Kinesis Data Streams; the message says which.",
  ),
  StreamRequestInvalid: user("A value is not allowed here; the message says which."),
  StreamLimitExceeded: user("The request would go beyond a limit of Kinesis Data Streams."),
  StreamThroughputExceeded: user(
    "More records or bytes than the shard takes in a second. Wait, or use more shards; limits.streamThroughput turns it off.",
    true,
  ),
  StreamIteratorExpired: user("The shard iterator is older than five minutes. Get another one."),
  StreamTokenExpired: user("The NextToken is older than five minutes. List from the beginning."),
  StreamDryRun: user("Nothing was done, as was asked for; the request would have succeeded."),
} as const satisfies Record<string, ErrorEntry>;

/** An error of the table, in AWS's words where AWS has words for it. */
export const streamError = (code: StreamErrorCode, message: string): YunqueError =>
  new YunqueError(code, message);

export const notFound = (message: string) => streamError("StreamNotFound", message);
export const inUse = (message: string) => streamError("StreamInUse", message);
export const invalid = (message: string) => streamError("StreamArgumentInvalid", message);
export const tooMany = (message: string) => streamError("StreamLimitExceeded", message);

/** What a dry run of something that can be done ends with. */
export const dryRun = () =>
  streamError("StreamDryRun", "Request would have succeeded, but DryRun flag is set.");
