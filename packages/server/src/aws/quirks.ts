/**
 * What one service does differently from its protocol. Every hook is optional; a service without quirks needs no file.
 * Hooks see requests of their own service only, in the order in which they stand here.
 */
import type { Malformed } from "./codecs/malformed.ts";
import type { AwsError } from "./error.ts";
import type { Operation } from "./model.ts";
import type { ProtocolName } from "./model-file.ts";
import type { AwsRequest, AwsResponse } from "./request.ts";
import type { Violation } from "./validate.ts";

export interface Quirks {
  /** Put before an error's name in the JSON protocols: `com.amazonaws.sqs#QueueDoesNotExist`. */
  readonly errorNamespace?: string;

  /** A protocol that clients speak although the model does not name it: Kinesis's speak an older CBOR. */
  readonly alsoSpeaks?: ProtocolName;

  /** Bytes that a body may have which is read before the door sees it, where 16 MiB are not the limit; and how AWS calls the operation then. */
  bodyLimit?(
    operation: Operation,
  ): { readonly bytes: number; readonly called?: string } | undefined;

  /**
   * Sees each request first; may rewrite `request.path`, or throw an AwsError to refuse it. S3 moves the bucket of a
   * virtual host into the path, and refuses presigned URLs that have expired.
   */
  route?(request: AwsRequest): void;

  /**
   * The bytes that the operation reads, made from those that the client sends: S3 takes aws-chunked framing apart and
   * checks trailing checksums. An AwsError thrown while it is read reaches the client, from wherever it is read.
   * Runs before a body is buffered and before a streaming one is handed to the door; not for requests without a body.
   */
  body?(
    request: AwsRequest,
    operation: Operation,
    bytes: AsyncIterable<Uint8Array>,
  ): AsyncIterable<Uint8Array>;

  /** May correct the parsed input before it is checked: SQS's query form names the queue by the path. */
  input?(request: AwsRequest, operation: Operation, input: Record<string, unknown>): void;

  /** How the service words input that its protocol cannot read; without it, its protocol's usual error. */
  misread?(malformed: Malformed, operation: Operation | undefined): AwsError;

  /** How the service words input that breaks the model's constraints; without it, AWS's usual ValidationException. */
  refuse?(violations: readonly Violation[], operation: Operation): AwsError;

  /** Sees each answer, errors too, before it is sent; may change it: DynamoDB adds a checksum of the body. */
  respond?(request: AwsRequest, operation: Operation | undefined, response: AwsResponse): void;

  /** The answer to an error where the service's form is not its protocol's: S3's errors have no envelope. */
  fail?(request: AwsRequest, operation: Operation | undefined, failure: Failure): AwsResponse;
}

/** An error with all that the model adds to it, ready to be written in a protocol's form. */
export interface Failure {
  /** The shape's name where the model knows the error, else the code. Clients of JSON protocols see this one. */
  readonly name: string;
  /** The code on the wire of the XML protocols. */
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly fault: "client" | "server";
  /** Further members, as the door gave them; values that the model does not know are kept. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly requestId: string;
}
