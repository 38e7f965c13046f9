/** S3's words for what goes wrong with objects. */
import { YunqueError } from "../../domain/errors.ts";
import { OBJECT_ERRORS, type ObjectErrorCode } from "../../services/objects/index.ts";
import type { S3Api } from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { s3Error, slowDown, type Words } from "./s3-errors.ts";
import { BUCKET_WORDS } from "./s3-words-buckets.ts";
import { OBJECT_WORDS } from "./s3-words-objects.ts";
import { UPLOAD_WORDS } from "./s3-words-uploads.ts";

/** Makes every method of a door speak S3's errors. */
export function wording(door: Door<S3Api>): Door<S3Api> {
  type Method = (input: unknown, context: AwsContext) => Promise<unknown>;
  const methods = Object.entries(door).map(([name, method]) => [
    name,
    (input: unknown, context: AwsContext) =>
      (method as Method)(input, context).catch((error: unknown) => {
        throw inWords(error);
      }),
  ]);
  return Object.fromEntries(methods);
}

/** What S3 says of an error; what is none of the objects' passes through. */
export function inWords(error: unknown): unknown {
  if (!(error instanceof YunqueError)) return error;
  if (error.code === "StorageBusy") return slowDown();
  if (error.code === "StorageFull" || error.code === "StorageClosed")
    return s3Error(503, "ServiceUnavailable", "Service is unable to handle request.");
  return Object.hasOwn(OBJECT_ERRORS, error.code)
    ? WORDS[error.code as ObjectErrorCode](error.details)
    : error;
}

const WORDS: Readonly<Record<ObjectErrorCode, Words>> = {
  ...BUCKET_WORDS,
  ...OBJECT_WORDS,
  ...UPLOAD_WORDS,
};
