/** Pages of other sites and buckets: preflights, and the headers that let a page read what it asked for. */
import { type CorsDocument, corsAnswer } from "../domain/bucket-cors.ts";
import { YunqueError } from "../domain/errors.ts";
import type { Objects } from "../services/objects/index.ts";
import { AwsError } from "./error.ts";
import type { Pages } from "./exchange.ts";
import { listOf } from "./header-list.ts";
import type { AwsRequest } from "./request.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html */
export function createBucketPages(objects: Objects): Pages {
  return {
    async preflight(request, scope) {
      const { headers } = request;
      if (headers["origin"] === undefined)
        throw bad("Insufficient information. Origin request header needed.");
      const method = headers["access-control-request-method"];
      if (method === undefined || !/^(?:GET|PUT|POST|DELETE|HEAD)$/.test(method))
        throw bad(`Invalid Access-Control-Request-Method: ${method ?? "null"}`);
      const rules = await rulesOf(request, scope);
      if (rules === undefined) throw forbidden(request, "CORS is not enabled for this bucket.");
      const found = corsAnswer(rules, asked(request));
      if (found === undefined) throw forbidden(request, NOT_ALLOWED);
      return found;
    },

    async headers(request, scope) {
      const rules = await rulesOf(request, scope);
      return (rules && corsAnswer(rules, asked(request))) ?? {};
    },
  };

  /** Undefined for a bucket without rules, or none at all. */
  async function rulesOf({ path, requestId }: AwsRequest, scope: Parameters<Pages["headers"]>[1]) {
    const bucket = path.split("/")[1] ?? ""; // names that need an encoding are no buckets
    const caller = { ...scope, requestId, hostId: "", principal: "", sourceIp: "" };
    try {
      const found = await objects.getConfiguration(caller, { bucket, kind: "cors" });
      return (found as CorsDocument | undefined)?.rules;
    } catch (error) {
      if (error instanceof YunqueError) return undefined; // what is wrong with the request, its operation says
      throw error;
    }
  }
}

const NOT_ALLOWED =
  "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";

/** As recorded: what a preflight would say counts in any request that says it. */
const asked = ({ headers, method }: AwsRequest) => ({
  origin: headers["origin"] ?? "",
  method: headers["access-control-request-method"] ?? method,
  headers: listOf(headers["access-control-request-headers"]?.toLowerCase() ?? ""),
});

const bad = (message: string) => new AwsError("BadRequest", message, { status: 400 });

const forbidden = ({ path, headers }: AwsRequest, why: string) =>
  new AwsError("AccessForbidden", `CORSResponse: ${why}`, {
    status: 403,
    members: {
      Method: headers["access-control-request-method"],
      ResourceType: /^\/[^/]*\/./.test(path) ? "OBJECT" : "BUCKET",
    },
  });
