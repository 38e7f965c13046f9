/** Errors as S3 gives them. What is said of which one: s3-words.ts. */
import { AwsError } from "../error.ts";

/** An error as S3 gives it. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const s3Error = (
  status: number,
  code: string,
  message: string,
  members: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): AwsError => new AwsError(code, message, { status, members, headers });

/** `InvalidArgument` names the argument and what was given for it. */
export const invalidArgument = (name: string, value: unknown, message: string): AwsError =>
  s3Error(400, "InvalidArgument", message, { ArgumentName: name, ArgumentValue: value });

export const invalidRequest = (message: string): AwsError =>
  s3Error(400, "InvalidRequest", message);

/** A part of S3 that is not here, asked for by a header. */
export const notImplementedHeader = (header: string): AwsError =>
  s3Error(
    501,
    "NotImplemented",
    "A header you provided implies functionality that is not implemented",
    { Header: header },
  );

/** A configuration that the bucket does not have. */
export const missingConfiguration = (code: string, message: string, bucket: string): AwsError =>
  s3Error(404, code, message, { BucketName: bucket });

export const malformedXml = (): AwsError =>
  s3Error(
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );

export const slowDown = (): AwsError =>
  s3Error(503, "SlowDown", "Please reduce your request rate.");

// biome-ignore lint/suspicious/noExplicitAny: the details of an error are what its code says; each entry of a table knows its own.
export type Details = Readonly<Record<string, any>>;
/** An error of objects in S3's words. */
export type Words = (details: Details) => AwsError;
