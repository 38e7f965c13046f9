import { createHash } from "node:crypto";

/** S3's second id of an answer, `x-amz-id-2`: it says which machine answered. Here it follows from the first one. */
export const hostIdOf = (requestId: string): string =>
  createHash("sha384").update(requestId).digest("base64");
