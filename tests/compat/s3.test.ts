/** S3 as its users meet it: the official SDK, unchanged, against a real server process. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketNotificationConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  waitUntilBucketExists,
  waitUntilBucketNotExists,
  waitUntilObjectExists,
  waitUntilObjectNotExists,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

describe("S3 by the SDK", () => {
  let platform: TestPlatform;
  let client: S3Client;
  const Bucket = "compat";

  before(async () => {
    platform = await startPlatform();
    client = new S3Client(clientSettings(platform.origin));
    await client.send(new CreateBucketCommand({ Bucket }));
  });
  after(async () => {
    client.destroy();
    await platform.stop();
  });

  const put = (Key: string, Body: string | Uint8Array | Readable, more: object = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const get = async (Key: string, more: object = {}) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };

  it("waits for buckets and objects to come and go", async () => {
    const bounds = { client, maxWaitTime: 10 };
    const name = { Bucket: "comes-and-goes" };
    await client.send(new CreateBucketCommand(name));
    await waitUntilBucketExists(bounds, name);
    await client.send(new PutObjectCommand({ ...name, Key: "k", Body: "x" }));
    await waitUntilObjectExists(bounds, { ...name, Key: "k" });
    await client.send(new DeleteObjectCommand({ ...name, Key: "k" }));
    await waitUntilObjectNotExists(bounds, { ...name, Key: "k" });
    await client.send(new DeleteBucketCommand(name));
    await waitUntilBucketNotExists(bounds, name);
  });

  it("gives back the bytes that it was given, however they are sent", async () => {
    const bytes = randomBytes(300_000);
    const pieces = () =>
      Readable.from([bytes.subarray(0, 1), bytes.subarray(1, 200_000), bytes.subarray(200_000)]);
    await put("buffer", bytes);
    await put("stream", pieces(), { ContentLength: bytes.length });
    for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"])
      await put(ChecksumAlgorithm, pieces(), { ContentLength: bytes.length, ChecksumAlgorithm });
    for (const key of ["buffer", "stream", "CRC32", "CRC32C", "SHA1", "SHA256"])
      assert.ok((await get(key)).equals(bytes), key);
  });

  it("uploads streams of unknown length in parts", async () => {
    const body = Readable.from(
      (async function* () {
        for (let n = 0; n < 12; n++) yield Buffer.alloc(1024 * 1024, n);
      })(),
    );
    await new Upload({ client, params: { Bucket, Key: "parts", Body: body } }).done();
    const found = await get("parts", { Range: "bytes=5242870-5242889" });
    assert.deepEqual([...found], [...Array(10).fill(4), ...Array(10).fill(5)]);
    const { ContentLength, ETag } = await client.send(
      new HeadObjectCommand({ Bucket, Key: "parts" }),
    );
    assert.equal(ContentLength, 12 * 1024 * 1024);
    assert.match(ETag ?? "", /^"[0-9a-f]{32}-3"$/);
  });

  it("takes keys of any characters as they are", async () => {
    const keys = [
      "plain",
      "a b/ü+@%2F//.txt",
      "/leading",
      "trailing/",
      "//",
      "/",
      ".",
      "..",
      "a/../b",
      "./a",
      "../../etc/passwd",
      "%2e%2e/x",
      "a?b=c&d",
      "a#b",
      "100%",
      "\u{1F600}",
      "日本語",
      "a\tb",
      "a\"b'c<d>&",
      "a\\b",
      "~*()!",
      "__proto__",
      "constructor",
      "é",
      "e\u0301",
      "x".repeat(1024),
    ];
    const Prefixed = (key: string) => (key.length < 1000 ? `keys:${key}` : key);
    for (const key of keys) await put(Prefixed(key), key);
    for (const key of keys) assert.equal((await get(Prefixed(key))).toString(), key, key);
    for (const key of keys) {
      const CopySource = `${Bucket}/${encodeURIComponent(Prefixed(key))}`;
      await client.send(new CopyObjectCommand({ Bucket, Key: "copied", CopySource }));
      assert.equal((await get("copied")).toString(), key, key);
    }
    const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "keys:" }));
    assert.deepEqual(
      new Set(listed.Contents?.map(({ Key }) => Key)),
      new Set(keys.map(Prefixed).filter((key) => key.startsWith("keys:"))),
    );
  });

  it("keys of dots and slashes alone reach the object that they name", async () => {
    for (const key of [".", "..", "a/../b", "/", "//x/", "a/./b"]) {
      const { status } = await send("PUT", `/${Bucket}/${key}`, key);
      assert.equal(status, 200, key);
    }
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1000 }));
    const found = Contents?.map(({ Key }) => Key) ?? [];
    for (const key of [".", "..", "a/../b", "/", "//x/", "a/./b"])
      assert.ok(found.includes(key), key);
  });

  /** The path goes as it is: `fetch` would take its dots away. */
  const send = (method: string, path: string, body: string) => {
    const { hostname, port } = new URL(platform.origin);
    return new Promise<{ status: number }>((resolve, reject) => {
      request({ hostname, port, method, path, agent: false }, (response) => {
        response.resume().on("end", () => resolve({ status: response.statusCode ?? 0 }));
      })
        .on("error", reject)
        .end(body);
    });
  };

  it("signs URLs that anybody can use until they expire", async () => {
    const name = { Bucket, Key: "signed" };
    const sign = (command: object, more: object = {}) =>
      getSignedUrl(client, command as GetObjectCommand, { expiresIn: 60, ...more });
    const putUrl = await sign(new PutObjectCommand({ ...name, Metadata: { a: "b" } }));
    assert.equal((await fetch(putUrl, { method: "PUT", body: "by anybody" })).status, 200);
    assert.equal(await (await fetch(await sign(new GetObjectCommand(name)))).text(), "by anybody");
    const head = await fetch(await sign(new HeadObjectCommand(name)), { method: "HEAD" });
    assert.equal(head.headers.get("x-amz-meta-a"), "b");
    const old = { expiresIn: 1, signingDate: new Date(Date.now() - 60_000) };
    const expired = await fetch(await sign(new GetObjectCommand(name), old));
    assert.equal(expired.status, 403);
    assert.match(await expired.text(), /<Code>AccessDenied<\/Code><Message>Request has expired/);
    const gone = await fetch(await sign(new DeleteObjectCommand(name)), { method: "DELETE" });
    assert.equal(gone.status, 204);
    assert.equal((await fetch(await sign(new GetObjectCommand(name)))).status, 404);
  });

  it("answers under the bucket's own host", async () => {
    await put("by-host", "found");
    // `localhost` alone resolves everywhere; for its subdomains the SDK brings the address itself.
    const virtual = new S3Client({
      ...clientSettings(platform.origin.replace("127.0.0.1", "s3.localhost")),
      requestHandler: { httpAgent: resolvingAgent() },
    });
    const { Body } = await virtual.send(new GetObjectCommand({ Bucket, Key: "by-host" }));
    assert.equal(await Body?.transformToString(), "found");
    virtual.destroy();
  });

  it("lists page by page", async () => {
    for (let n = 0; n < 25; n++) await put(`page/${String(n).padStart(2, "0")}`, "x");
    const keys: string[] = [];
    const pages = paginateListObjectsV2({ client, pageSize: 7 }, { Bucket, Prefix: "page/" });
    for await (const { Contents } of pages)
      keys.push(...(Contents ?? []).map(({ Key }) => Key ?? ""));
    assert.equal(keys.length, 25);
    assert.deepEqual(keys, keys.toSorted());
  });

  it("keeps what others wrote, where the writer asks for it", async () => {
    await put("once", "first", { IfNoneMatch: "*" });
    const second = put("once", "second", { IfNoneMatch: "*" });
    await assert.rejects(second, { name: "PreconditionFailed" });
    assert.equal((await get("once")).toString(), "first");
  });

  it("refuses what was damaged on its way, and keeps nothing of it", async () => {
    const md5 = createHash("md5").update("other").digest("base64");
    await assert.rejects(put("damaged", "bytes", { ContentMD5: md5 }), { name: "BadDigest" });
    const wrong = { ChecksumCRC32: "AAAAAA==" };
    await assert.rejects(put("damaged", "bytes", wrong), { name: "BadDigest" });
    await assert.rejects(get("damaged"), { name: "NoSuchKey" });
  });

  it("refuses more than a thousand deletions at once", async () => {
    const Objects = Array.from({ length: 1001 }, (_, n) => ({ Key: `${n}` }));
    const tooMany = client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    await assert.rejects(tooMany, { name: "MalformedXML" });
  });

  it("refuses notifications that nobody would get", async () => {
    const rule = (LambdaFunctionArn: string) => ({
      LambdaFunctionConfigurations: [
        { LambdaFunctionArn, Events: ["s3:ObjectCreated:*" as const] },
      ],
    });
    const configure = (NotificationConfiguration: object) =>
      client.send(
        new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }),
      );
    const nobody = "arn:aws:lambda:us-east-1:000000000000:function:nobody";
    await assert.rejects(configure(rule(nobody)), { name: "InvalidArgument" });
    await assert.rejects(configure(rule("nonsense")), { name: "InvalidArgument" });
    const kept = await client.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    assert.equal(kept.LambdaFunctionConfigurations, undefined);
  });
});

/** Every name is this machine. */
function resolvingAgent(): Agent {
  const lookup = (_: string, options: { all?: boolean }, done: (...found: unknown[]) => void) =>
    options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
  return new Agent({ lookup: lookup as never });
}
