/** Conditions of requests, from their headers. */
import type { ReadConditions, WriteConditions } from "../../domain/object-conditions.ts";
import { s3Error } from "./s3-errors.ts";

interface ReadInput {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

export function readConditions(input: ReadInput): ReadConditions {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = input;
  return {
    ...(IfMatch !== undefined && { ifMatch: IfMatch }),
    ...(IfNoneMatch !== undefined && { ifNoneMatch: IfNoneMatch }),
    ...(IfModifiedSince !== undefined && { ifModifiedSince: IfModifiedSince.getTime() }),
    ...(IfUnmodifiedSince !== undefined && { ifUnmodifiedSince: IfUnmodifiedSince.getTime() }),
  };
}

interface CopyInput {
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
}

export function copyConditions(input: CopyInput): ReadConditions {
  return readConditions({
    IfMatch: input.CopySourceIfMatch,
    IfNoneMatch: input.CopySourceIfNoneMatch,
    IfModifiedSince: input.CopySourceIfModifiedSince,
    IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  });
}

/**
 * S3 takes `If-None-Match: *` or an entity tag to match, not both.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function writeConditions({
  IfMatch,
  IfNoneMatch,
}: Pick<ReadInput, "IfMatch" | "IfNoneMatch">): WriteConditions {
  if (IfMatch !== undefined && IfNoneMatch !== undefined)
    throw notImplemented(
      "If-Match,If-None-Match",
      "Multiple conditional request headers present in the request",
    );
  if (IfNoneMatch !== undefined && IfNoneMatch !== "*") throw unaccepted("If-None-Match");
  if (IfMatch === "*") throw unaccepted("If-Match");
  return {
    ...(IfMatch !== undefined && { ifMatch: IfMatch }),
    ...(IfNoneMatch !== undefined && { ifAbsent: true }),
  };
}

const unaccepted = (header: string) =>
  notImplemented(header, `We don't accept the provided value of ${header} header for this API`);

const notImplemented = (header: string, more: string) =>
  s3Error(
    501,
    "NotImplemented",
    "A header you provided implies functionality that is not implemented",
    { Header: header, additionalMessage: more },
  );
