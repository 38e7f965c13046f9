/** Websites of buckets on the wire. What they serve: `aws/routes/website.ts`. */
import { findWebsiteFault, type WebsiteDocument } from "../../domain/bucket-website.ts";
import type { Objects } from "../../services/objects/index.ts";
import type { S3Api } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { bucketName, callerOf } from "./s3-caller.ts";
import {
  invalidArgument,
  invalidRequest,
  malformedXml,
  missingConfiguration,
} from "./s3-errors.ts";

export function websiteDoor(objects: Objects): Door<S3Api> {
  return {
    async GetBucketWebsite(input, context) {
      const name = { ...bucketName(input), kind: "website" } as const;
      const found = await objects.getConfiguration(callerOf(context), name);
      if (found !== undefined) return found as WebsiteDocument;
      throw missingConfiguration(
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
        input.Bucket,
      );
    },

    async PutBucketWebsite(input, context) {
      const fault = findWebsiteFault(input.WebsiteConfiguration);
      if (fault?.code === "MalformedXML") throw malformedXml();
      if (fault?.argument !== undefined) throw invalidArgument(...fault.argument, fault.message);
      if (fault !== undefined) throw invalidRequest(fault.message);
      const name = { ...bucketName(input), kind: "website" } as const;
      await objects.putConfiguration(callerOf(context), name, input.WebsiteConfiguration);
    },

    async DeleteBucketWebsite(input, context) {
      const name = { ...bucketName(input), kind: "website" } as const;
      await objects.deleteConfiguration(callerOf(context), name);
    },
  };
}
