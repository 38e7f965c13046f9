import { type CORSRule, GetBucketCorsCommand, PutBucketCorsCommand } from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { errorOf, type RawAnswer, type S3Fixture } from "./fixture.ts";

const ORIGIN = "https://localhost:4200";

/** Preflights, and requests of pages. */
export function playCors({ play }: Recordings, s3: () => S3Fixture): void {
  const rules = (Bucket: string, ...CORSRules: CORSRule[]) =>
    s3()
      .client()
      .send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  const sharing = async (rule: Partial<CORSRule>) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "test-cors", "test-cors");
    const usual = { AllowedOrigins: [ORIGIN], AllowedMethods: ["GET"], MaxAgeSeconds: 3000 };
    await rules(bucket, { ...usual, ...rule });
    return bucket;
  };
  const ask = async (
    method: string,
    bucket: string,
    wants: { method?: string; headers?: string; origin?: string } = {},
  ) =>
    shown(
      await s3().raw(method, `/${bucket}/test-cors`, {
        headers: {
          origin: wants.origin ?? ORIGIN,
          ...(wants.method !== undefined && { "access-control-request-method": wants.method }),
          ...(wants.headers !== undefined && { "access-control-request-headers": wants.headers }),
          ...(method === "PUT" && { "content-length": "0" }),
        },
      }),
    );

  play("TestS3Cors::test_cors_match_methods", async (answers) => {
    const bucket = await sharing({});
    answers.equal("opt-get", await ask("OPTIONS", bucket, { method: "GET" }));
    answers.equal("get-wrong-op", await ask("GET", bucket, { method: "PUT" }));
    answers.equal("get-op", await ask("GET", bucket));
    answers.equal("opt-put", await ask("OPTIONS", bucket, { method: "PUT" }));
    answers.equal("put-op", await ask("PUT", bucket));
  });

  play("TestS3Cors::test_cors_match_headers", async (answers) => {
    const [payer, owner] = ["x-amz-request-payer", "x-amz-expected-bucket-owner"];
    const bucket = await sharing({ AllowedHeaders: ["*"] });
    const preflight = (headers: string) => ask("OPTIONS", bucket, { method: "GET", headers });
    answers.equal("opt-get", await preflight(payer));
    answers.equal("opt-get-two", await preflight(`${payer}, ${owner}`));
    answers.equal("get-op", await ask("GET", bucket));
    await rules(bucket, {
      AllowedOrigins: [ORIGIN],
      AllowedMethods: ["GET"],
      MaxAgeSeconds: 3000,
      AllowedHeaders: [
        owner,
        "x-amz-server-side-encryption-customer-algorithm",
        "x-AMZ-server-SIDE-encryption",
      ],
    });
    const get = await s3().send(new GetBucketCorsCommand({ Bucket: bucket }));
    answers.equal("get-bucket-cors-casing", get);
    answers.equal("opt-get-non-allowed", await preflight(payer));
    answers.equal("opt-get-allowed", await preflight(owner));
    const mixed = "x-amz-EXPECTED-bucket-owner, x-amz-server-side-ENCRYPTION";
    answers.equal("opt-get-allowed-diff-casing", await preflight(mixed));
    const tight = `${owner},x-amz-server-side-encryption`;
    answers.equal("opt-get-allowed-no-space", await preflight(tight));
    answers.equal("get-non-allowed-with-acl", await ask("GET", bucket, { headers: payer }));
    answers.equal("get-non-allowed", await ask("GET", bucket));
  });

  play("TestS3Cors::test_cors_options_match_partial_origin", async (answers) => {
    const bucket = await sharing({
      AllowedOrigins: ["http://*.origin.com"],
      AllowedMethods: ["GET", "PUT"],
      AllowedHeaders: ["*"],
    });
    const wants = { method: "PUT", origin: "http://test.origin.com" };
    answers.equal("options_match_partial_origin", await ask("OPTIONS", bucket, wants));
  });
}

/** As the recording names them: some names as browsers write them, the rest as they came. */
const TITLED =
  /^(?:access-control-.*|content-length|content-type|vary|transfer-encoding|etag|last-modified)$/;
/** What HTTP/1.1 says of the connection, of which the recording holds nothing. */
const OF_CONNECTION = new Set(["connection", "keep-alive"]);

function shown({ status, headers, text }: RawAnswer) {
  const Headers = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !OF_CONNECTION.has(name))
      .map(([name, value]) => [
        TITLED.test(name) ? titled(name) : name,
        name === "last-modified" ? "last--modified" : value,
      ]),
  );
  return { StatusCode: status, Headers, Body: text.includes("<Error>") ? errorOf(text) : text };
}

const titled = (name: string): string =>
  name === "etag" ? "ETag" : name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
