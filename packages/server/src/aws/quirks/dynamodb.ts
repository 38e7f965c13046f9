import { crc32 } from "node:zlib";
import type { Quirks } from "../quirks.ts";

const NAMESPACE = "com.amazonaws.dynamodb.v20120810";

/** DynamoDB and its streams: a checksum of each answer, which clients compare with what arrived. */
export const dynamodb: Quirks = {
  errorNamespace: NAMESPACE,
  respond(_request, _operation, response) {
    if (typeof response.body === "string")
      response.headers["x-amz-crc32"] = String(crc32(response.body));
  },
};
