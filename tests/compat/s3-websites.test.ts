/** Buckets as websites, and for pages of other sites: by plain HTTP, as browsers speak it. */
import assert from "node:assert/strict";
import { type IncomingHttpHeaders, request } from "node:http";
import { after, before, describe, it } from "node:test";
import {
  CreateBucketCommand,
  PutBucketCorsCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
  S3Client,
  type WebsiteConfiguration,
} from "@aws-sdk/client-s3";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

describe("buckets on the web", () => {
  let platform: TestPlatform;
  let client: S3Client;
  const Bucket = "site.example";

  before(async () => {
    platform = await startPlatform();
    const settings = { ...clientSettings(platform.origin), forcePathStyle: true };
    client = new S3Client({ ...settings, maxAttempts: 1 });
    await client.send(new CreateBucketCommand({ Bucket }));
    await put("index.html", "home", { ContentType: "text/html" });
    await put("docs/index.html", "docs", { ContentType: "text/html", CacheControl: "no-cache" });
    await put("error.html", "sorry", { ContentType: "text/html" });
    await put("old", "", { WebsiteRedirectLocation: "/docs/" });
    await put("ü b", "odd");
  });
  after(async () => {
    client.destroy();
    await platform.stop();
  });

  const put = (Key: string, Body: string, more: object = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const site = (configuration: WebsiteConfiguration) =>
    client.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: configuration }));
  const INDEX = { IndexDocument: { Suffix: "index.html" } };

  function send(
    path: string,
    { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const { hostname, port } = new URL(platform.origin);
    return new Promise((resolve, reject) => {
      request({ hostname, port, path, method, headers, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      })
        .on("error", reject)
        .end();
    });
  }
  const visit = (path: string, more: { method?: string; headers?: Record<string, string> } = {}) =>
    send(path, { ...more, headers: { host: `${Bucket}.s3-website.localhost`, ...more.headers } });

  it("serve index documents, below and above", async () => {
    await site(INDEX);
    for (const [path, status, text] of [
      ["/", 200, "home"],
      ["/index.html?x=1", 200, "home"],
      ["/docs/", 200, "docs"],
      ["/%C3%BC%20b", 200, "odd"],
    ] as const) {
      const answer = await visit(path);
      assert.deepEqual([answer.status, answer.text], [status, text], path);
    }
    const docs = await visit("/docs");
    assert.deepEqual([docs.status, docs.headers.location], [302, "/docs/"]);
    const page = await visit("/docs/");
    assert.equal(page.headers["content-type"], "text/html");
    assert.equal(page.headers["cache-control"], "no-cache");
    assert.deepEqual(
      await visit("/old").then(({ status, headers }) => [status, headers.location]),
      [301, "/docs/"],
    );
    const head = await visit("/", { method: "HEAD" });
    assert.deepEqual([head.status, head.text, head.headers["content-length"]], [200, "", "4"]);
    const etag = page.headers.etag ?? "";
    const same = await visit("/docs/", { headers: { "if-none-match": etag } });
    assert.deepEqual([same.status, same.headers.etag], [304, etag]);
    const part = await visit("/", { headers: { range: "bytes=1-2" } });
    assert.deepEqual(
      [part.status, part.text, part.headers["content-range"]],
      [206, "om", "bytes 1-2/4"],
    );
  });

  it("answer from the hosts that AWS has for them", async () => {
    await site(INDEX);
    for (const host of [
      `${Bucket}.s3-website.localhost:4566`,
      `${Bucket}.s3-website-us-east-1.amazonaws.com`,
      `${Bucket}.s3-website.eu-central-1.amazonaws.com`,
    ])
      assert.equal((await visit("/", { headers: { host } })).text, "home", host);
    const nobody = await visit("/", { headers: { host: "nobody.s3-website.localhost" } });
    assert.equal(nobody.status, 404);
    assert.match(nobody.text, /<li>Code: NoSuchBucket<\/li>/);
    const evil = await visit("/%3Cscript%3E");
    assert.match(evil.text, /<li>Key: &lt;script&gt;<\/li>/);
    assert.equal((await visit("/%ff")).status, 400);
  });

  it("have a page of their own for errors", async () => {
    await site({ ...INDEX, ErrorDocument: { Key: "error.html" } });
    const missing = await visit("/nowhere");
    assert.deepEqual([missing.status, missing.text], [404, "sorry"]);
  });

  it("send visitors elsewhere by their rules", async () => {
    await site({
      ...INDEX,
      RoutingRules: [
        {
          Condition: { KeyPrefixEquals: "alt/" },
          Redirect: { ReplaceKeyPrefixWith: "docs/", HttpRedirectCode: "302" },
        },
        {
          Condition: { HttpErrorCodeReturnedEquals: "404" },
          Redirect: { HostName: "example.com", Protocol: "https", ReplaceKeyWith: "lost" },
        },
      ],
    });
    const at = `http://${Bucket}.s3-website.localhost/docs/a%20b`;
    const moved = await visit("/alt/a%20b");
    assert.deepEqual([moved.status, moved.headers.location], [302, at]);
    const lost = await visit("/nowhere");
    assert.deepEqual([lost.status, lost.headers.location], [301, "https://example.com/lost"]);
    await site({ RedirectAllRequestsTo: { HostName: "example.com", Protocol: "https" } });
    const all = await visit("/a/b");
    assert.deepEqual([all.status, all.headers.location], [301, "https://example.com/a/b"]);
  });

  it("let in the pages that their CORS rules name", async () => {
    const path = `/${Bucket}/index.html`;
    const from = (origin: string, more: Record<string, string> = {}) => ({
      headers: { origin, ...more },
    });
    const ask = { "access-control-request-method": "PUT" };
    const refused = await send(path, { method: "OPTIONS", ...from("https://a.example", ask) });
    assert.equal(refused.status, 403);
    assert.match(refused.text, /CORS is not enabled for this bucket/);
    await client.send(
      new PutBucketCorsCommand({
        Bucket,
        CORSConfiguration: {
          CORSRules: [
            { AllowedMethods: ["PUT"], AllowedOrigins: ["https://*.example"] },
            { AllowedMethods: ["GET"], AllowedOrigins: ["*"], ExposeHeaders: ["etag"] },
          ],
        },
      }),
    );
    const allowed = await send(path, { method: "OPTIONS", ...from("https://a.example", ask) });
    assert.deepEqual(
      [allowed.status, allowed.headers["access-control-allow-origin"]],
      [200, "https://a.example"],
    );
    const read = await send(path, from("https://anybody.test"));
    assert.equal(read.headers["access-control-allow-origin"], "*");
    assert.equal(read.headers["access-control-expose-headers"], "etag");
    assert.equal(read.headers["access-control-allow-credentials"], undefined);
    const missing = await send(`/${Bucket}/nowhere`, from("https://anybody.test"));
    assert.deepEqual([missing.status, missing.headers["access-control-allow-origin"]], [404, "*"]);
    // A POST of a page is taken only where a rule lets that page in.
    const begin = (origin: string) =>
      send(`/${Bucket}/large?uploads`, { method: "POST", headers: { origin } });
    assert.equal((await begin("https://a.example")).status, 403);
    const AllowedMethods = ["POST"];
    const CORSRules = [{ AllowedMethods, AllowedOrigins: ["https://a.example"] }];
    const posting = new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } });
    await client.send(posting);
    assert.equal((await begin("https://a.example")).status, 200);
    assert.equal((await begin("https://b.example")).status, 403);
    const bare = await send(path, { method: "OPTIONS" });
    assert.equal(bare.status, 400);
    const odd = { "access-control-request-method": "BREW" };
    assert.equal(
      (await send(path, { method: "OPTIONS", ...from("https://a.example", odd) })).status,
      400,
    );
    const same = await send(path);
    assert.equal(same.headers["access-control-allow-origin"], undefined);
  });
});
