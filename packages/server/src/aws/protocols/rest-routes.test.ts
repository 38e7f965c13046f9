import assert from "node:assert/strict";
import { test } from "node:test";
import { Malformed } from "../codecs/malformed.ts";
import { loadService } from "../model.ts";
import { Query } from "../query-string.ts";
import { RestRoutes } from "./rest-routes.ts";

function finder(service: string) {
  const routes = new RestRoutes(loadService(service).operations.values());
  return (method: string, target: string, headers: Record<string, string> = {}) => {
    const [path = "", query = ""] = target.split("?");
    const match = routes.find({
      method,
      path,
      query: Query.parse(query),
      headers,
      host: "",
      signature: undefined,
      requestId: "",
      malformed: undefined,
    });
    return match && [match.operation.name, match.labels];
  };
}
const lambda = finder("lambda");
const s3 = finder("s3");

test("a literal segment wins over a label", () => {
  assert.deepEqual(lambda("GET", "/2015-03-31/functions/f"), [
    "GetFunction",
    { FunctionName: "f" },
  ]);
  assert.deepEqual(lambda("GET", "/2015-03-31/functions/f/versions"), [
    "ListVersionsByFunction",
    { FunctionName: "f" },
  ]);
});

test("a slash at the end makes no difference where no key takes it", () => {
  assert.deepEqual(lambda("GET", "/2015-03-31/functions/"), ["ListFunctions", {}]);
  assert.deepEqual(lambda("GET", "/2015-03-31/functions"), ["ListFunctions", {}]);
  assert.deepEqual(s3("GET", "/bucket/"), ["ListObjects", { Bucket: "bucket" }]);
  assert.deepEqual(s3("GET", "/bucket/folder/"), [
    "GetObject",
    { Bucket: "bucket", Key: "folder/" },
  ]);
});

test("keys keep their slashes, and labels are decoded", () => {
  assert.deepEqual(s3("GET", "/b/a//b/%2F%20+%C3%A9"), [
    "GetObject",
    { Bucket: "b", Key: "a//b// +é" },
  ]);
  assert.deepEqual(lambda("GET", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Af"), [
    "GetFunction",
    { FunctionName: "arn:aws:lambda:f" },
  ]);
});

test("literal queries, and what is required, tell operations with the same path apart", () => {
  assert.equal(s3("GET", "/b?acl")?.[0], "GetBucketAcl");
  assert.equal(s3("GET", "/b?list-type=2&prefix=a")?.[0], "ListObjectsV2");
  assert.equal(s3("GET", "/b")?.[0], "ListObjects");
  assert.equal(s3("GET", "/b/k?uploadId=u")?.[0], "ListParts");
  assert.equal(s3("GET", "/b/k?tagging")?.[0], "GetObjectTagging");
  assert.equal(s3("PUT", "/b/k")?.[0], "PutObject");
  assert.equal(s3("PUT", "/b/k", { "x-amz-copy-source": "/c/k" })?.[0], "CopyObject");
  assert.equal(s3("PUT", "/b/k?partNumber=1&uploadId=u")?.[0], "UploadPart");
  assert.equal(
    s3("PUT", "/b/k?partNumber=1&uploadId=u", { "x-amz-copy-source": "/c/k" })?.[0],
    "UploadPartCopy",
  );
  assert.equal(s3("GET", "/")?.[0], "ListBuckets");
  assert.equal(s3("GET", "/?x-id=ListDirectoryBuckets")?.[0], "ListDirectoryBuckets");
  assert.equal(s3("GET", "/b?inventory")?.[0], "ListBucketInventoryConfigurations");
  assert.equal(s3("GET", "/b?inventory&id=1")?.[0], "GetBucketInventoryConfiguration");
});

test("finds nothing where nothing fits", () => {
  assert.equal(lambda("PATCH", "/2015-03-31/functions/f"), undefined);
  assert.equal(lambda("GET", "/2015-03-31"), undefined);
  assert.equal(lambda("GET", "/2015-03-31/functions//versions"), undefined);
  assert.equal(s3("GET", "//key"), undefined);
});

test("refuses labels that are not UTF-8", () => {
  for (const path of ["/b/%ff", "/b/%", "/%c3/k"]) assert.throws(() => s3("GET", path), Malformed);
});

test("every operation of every REST service is found by its own address", () => {
  for (const name of [
    "apigateway",
    "apigatewayv2",
    "cloudfront",
    "iot",
    "iot-data",
    "lambda",
    "pipes",
    "s3",
    "scheduler",
    "xray",
  ]) {
    const find = finder(name);
    for (const { name: operation, method, uri, needsQuery, needsHeaders } of loadService(
      name,
    ).operations.values()) {
      const query = needsQuery.map((parameter) => `${parameter}=1`).join("&");
      const target =
        uri.replace(/\{[^}]+\}/g, "x") + (query && (uri.includes("?") ? "&" : "?") + query);
      const headers = Object.fromEntries(needsHeaders.map((header) => [header, "1"]));
      assert.equal(find(method, target, headers)?.[0], operation, `${name} ${method} ${target}`);
    }
  }
});
