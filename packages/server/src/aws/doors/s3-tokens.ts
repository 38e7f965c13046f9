import { invalidArgument } from "./s3-errors.ts";

/** A place in a listing, as clients see it: nothing that they should read. */
export const sealToken = (place: string): string =>
  Buffer.from(`1${place}`, "utf8").toString("base64url");

/** @throws AwsError where the token is none that `sealToken` gave. */
export function openToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString("utf8");
  if (!text.startsWith("1") || sealToken(text.slice(1)) !== token)
    throw invalidArgument(
      "continuation-token",
      token,
      "The continuation token provided is incorrect",
    );
  return text.slice(1);
}
