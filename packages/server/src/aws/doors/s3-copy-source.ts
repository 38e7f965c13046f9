import type { CopySource } from "../../services/objects/index.ts";
import { accountId } from "./s3-caller.ts";
import { copyConditions } from "./s3-conditions.ts";
import { invalidArgument } from "./s3-errors.ts";
import { sourceKey } from "./s3-keys.ts";

type Input = Parameters<typeof copyConditions>[0] &
  Parameters<typeof sourceKey>[0] & {
    readonly CopySource: string;
    readonly ExpectedSourceBucketOwner?: string | undefined;
  };

/** `/bucket/key[?versionId=...]`, percent-encoded, with or without the first slash. @throws AwsError */
export function copySource(input: Input): CopySource {
  const [path = "", version] = input.CopySource.split(/\?versionId=(?=[^?]*$)/);
  const [, bucket, key] = /^\/?([^/]+)\/(.+)$/s.exec(decoded(path)) ?? [];
  if (bucket === undefined || key === undefined)
    throw invalidArgument(
      "x-amz-copy-source",
      "x-amz-copy-source", // S3 repeats the name instead of the value
      "Invalid copy source object key",
    );
  const expectedOwner = accountId(input.ExpectedSourceBucketOwner);
  const conditions = copyConditions(input);
  const named = sourceKey(input);
  return { ...named, bucket, key, version: version || undefined, expectedOwner, conditions };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalidArgument("x-amz-copy-source", text, "Invalid copy source encoding.");
  }
}
