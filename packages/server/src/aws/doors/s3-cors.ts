/** Rules for pages of other sites on the wire. What they come to: `aws/s3-pages.ts`. */
import { type CorsDocument, findCorsFault } from "../../domain/bucket-cors.ts";
import type { Objects } from "../../services/objects/index.ts";
import type { S3Api } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { bucketName, callerOf } from "./s3-caller.ts";
import { invalidRequest, malformedXml, missingConfiguration } from "./s3-errors.ts";

export function corsDoor(objects: Objects): Door<S3Api> {
  return {
    async GetBucketCors(input, context) {
      const name = { ...bucketName(input), kind: "cors" } as const;
      const found = await objects.getConfiguration(callerOf(context), name);
      if (found !== undefined) return { CORSRules: (found as CorsDocument).rules };
      throw missingConfiguration(
        "NoSuchCORSConfiguration",
        "The CORS configuration does not exist",
        input.Bucket,
      );
    },

    async PutBucketCors(input, context) {
      const { CORSRules: rules } = input.CORSConfiguration;
      const fault = findCorsFault(rules);
      if (fault !== undefined)
        throw "malformed" in fault ? malformedXml() : invalidRequest(fault.message);
      const document: CorsDocument = { rules };
      const name = { ...bucketName(input), kind: "cors" } as const;
      await objects.putConfiguration(callerOf(context), name, document);
    },

    async DeleteBucketCors(input, context) {
      const name = { ...bucketName(input), kind: "cors" } as const;
      await objects.deleteConfiguration(callerOf(context), name);
    },
  };
}
