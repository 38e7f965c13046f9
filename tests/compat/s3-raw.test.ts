/** S3 by bare HTTP: what no SDK would send, and what a network may do to what it sends. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startPlatform, type TestPlatform } from "../platform.ts";

describe("S3 by bare HTTP", () => {
  let platform: TestPlatform;

  before(async () => {
    platform = await startPlatform();
    await exchange("PUT /raw HTTP/1.1", [], "");
  });
  after(() => platform.stop());

  /** What the server answers to these very bytes, until it closes the connection; or the client does, at once. */
  async function exchange(line: string, headers: readonly string[], body: string, hangUp = false) {
    const head = [line, "host: s3.localhost", "connection: close", ...headers];
    const { hostname, port } = new URL(platform.origin);
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", () => undefined);
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`, "latin1");
    if (hangUp) socket.end();
    await once(socket, "close");
    const status = Number(/^HTTP\/1.1 (?:100 Continue\r\n\r\nHTTP\/1.1 )?(\d+)/.exec(text)?.[1]);
    const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1];
    return { status, code, text, body: text.slice(text.lastIndexOf("\r\n\r\n") + 4) };
  }
  const put = (key: string, headers: readonly string[], body: string) =>
    exchange(`PUT /raw/${key} HTTP/1.1`, headers, body);
  const get = (key: string) => exchange(`GET /raw/${key} HTTP/1.1`, [], "");
  const blobs = async () =>
    (await readdir(join(platform.dataDir), { recursive: true, withFileTypes: true })).filter(
      (entry) => entry.isFile() && entry.parentPath.includes("blobs"),
    ).length;

  it("takes aws-chunked bodies apart, signed ones too", async () => {
    const chunks = "5;chunk-signature=aa\r\nhello\r\n0;chunk-signature=bb\r\n\r\n";
    const signed = await put(
      "chunked",
      [
        "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "content-encoding: aws-chunked,gzip",
        "x-amz-decoded-content-length: 5",
        `content-length: ${chunks.length}`,
      ],
      chunks,
    );
    assert.equal(signed.status, 200);
    const found = await get("chunked");
    assert.equal(found.body, "hello");
    assert.match(found.text, /content-encoding: gzip/i);
  });

  const trailing = (crc: string, body = "hello") => {
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`;
    return put(
      "trailing",
      [
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "content-encoding: aws-chunked",
        "x-amz-trailer: x-amz-checksum-crc32",
        "x-amz-decoded-content-length: 5",
        `content-length: ${chunks.length}`,
      ],
      chunks,
    );
  };

  it("checks the checksum behind the bytes", async () => {
    assert.equal((await trailing("NhCmhg==")).status, 200);
    assert.equal((await trailing("AAAAAA==")).code, "BadDigest");
    assert.equal((await trailing("nonsense")).code, "InvalidRequest");
    assert.equal((await trailing("NhCmhg==", "hell")).code, "IncompleteBody");
    assert.equal((await get("trailing")).body, "hello");
  });

  it("checks what is said of small bodies, too", async () => {
    const body = "<Delete><Object><Key>none</Key></Object></Delete>";
    const remove = (header: string) =>
      exchange("POST /raw?delete HTTP/1.1", [`content-length: ${body.length}`, header], body);
    const md5 = createHash("md5").update(body).digest("base64");
    assert.equal((await remove(`content-md5: ${md5}`)).status, 200);
    assert.equal((await remove("content-md5: nonsense")).code, "InvalidDigest");
    assert.equal((await remove("content-md5: 1B2M2Y8AsgTpgAmY7PhCfg==")).code, "BadDigest");
    assert.equal((await remove("x-amz-checksum-crc32: AAAAAA==")).code, "BadDigest");
    const other = `x-amz-content-sha256: ${"0".repeat(64)}`;
    assert.equal((await remove(other)).code, "XAmzContentSHA256Mismatch");
  });

  it("lets a client ask before it sends", async () => {
    const asked = await put("asked", ["content-length: 2", "expect: 100-continue"], "hi");
    assert.match(asked.text, /^HTTP\/1.1 100 Continue/);
    assert.equal(asked.status, 200);
    const nowhere = "PUT /no-such-bucket/k HTTP/1.1";
    const refused = await exchange(nowhere, ["content-length: 2", "expect: 100-continue"], "");
    assert.equal(refused.code, "NoSuchBucket");
    assert.doesNotMatch(refused.text, /100 Continue/);
  });

  it("wants to know how long a body is", async () => {
    const chunked = await put("k", ["transfer-encoding: chunked"], "2\r\nhi\r\n0\r\n\r\n");
    assert.deepEqual([chunked.status, chunked.code], [411, "MissingContentLength"]);
  });

  it("refuses a body past 5 GB before it reads it", async () => {
    const huge = await put("huge", [`content-length: ${5 * 1024 ** 3 + 1}`], "x");
    assert.equal(huge.code, "EntityTooLarge");
  });

  it("keeps nothing of a body that stops half way", async () => {
    const before = await blobs();
    assert.ok(before > 0, "there are blobs to count");
    const half = "PUT /raw/half HTTP/1.1";
    await exchange(half, ["content-length: 1000000"], "x".repeat(500_000), true);
    const chunks = "f4240\r\nonly some of it";
    const chunked = ["x-amz-decoded-content-length: 1000000", "content-encoding: aws-chunked"];
    const ended = await put("half", [...chunked, `content-length: ${chunks.length}`], chunks);
    assert.equal(ended.code, "IncompleteBody");
    assert.equal((await get("half")).code, "NoSuchKey");
    for (let left = await blobs(); left !== before; left = await blobs())
      await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it("words what cannot be read as S3 does", async () => {
    const cases: [line: string, body: string, status: number, code: string][] = [
      ["GET /raw/%ZZ HTTP/1.1", "", 400, "InvalidURI"],
      ["GET /raw/%ff HTTP/1.1", "", 400, "InvalidURI"],
      ["GET /raw/%00 HTTP/1.1", "", 400, "InvalidURI"],
      [`GET /raw/${"x".repeat(1025)} HTTP/1.1`, "", 400, "KeyTooLongError"],
      ["GET /raw?max-keys=many HTTP/1.1", "", 400, "InvalidArgument"],
      ["GET /raw?max-keys=-1 HTTP/1.1", "", 400, "InvalidArgument"],
      ["GET /raw?list-type=2&continuation-token=nonsense HTTP/1.1", "", 400, "InvalidArgument"],
      ["POST /raw?delete HTTP/1.1", "<Delete><Object>", 400, "MalformedXML"],
      ["POST /raw?delete HTTP/1.1", "<Delete></Delete>", 400, "MalformedXML"],
      ["POST /raw?delete HTTP/1.1", "", 400, "MalformedXML"],
      ["PUT /raw?tagging HTTP/1.1", "no xml", 400, "MalformedXML"],
      ["PUT /raw/k?partNumber=x&uploadId=y HTTP/1.1", "", 400, "InvalidArgument"],
      ["PATCH /raw/k HTTP/1.1", "", 405, "MethodNotAllowed"],
      ["GET /raw/k?torrent HTTP/1.1", "", 501, "NotImplemented"],
      ["GET /raw/k?versionId=v1 HTTP/1.1", "", 400, "InvalidArgument"],
      ["GET /Not_A_Bucket/k HTTP/1.1", "", 404, "NoSuchBucket"],
      ["GET /%00%0a/k HTTP/1.1", "", 400, "InvalidBucketName"],
      [`GET /${"b".repeat(2000)} HTTP/1.1`, "", 400, "InvalidBucketName"],
      [`GET /raw?prefix=${"x".repeat(1025)} HTTP/1.1`, "", 400, "KeyTooLongError"],
      [`GET /raw?marker=${"x".repeat(1025)} HTTP/1.1`, "", 400, "KeyTooLongError"],
      ["GET /raw?list-type=2&start-after=%00 HTTP/1.1", "", 400, "InvalidURI"],
      [`GET /raw?uploads&key-marker=${"x".repeat(1025)} HTTP/1.1`, "", 400, "KeyTooLongError"],
      ["GET /raw?uploads&key-marker=k&upload-id-marker=%00 HTTP/1.1", "", 400, "InvalidArgument"],
      [`GET /?prefix=${"x".repeat(1200)} HTTP/1.1`, "", 400, "KeyTooLongError"],
      ["GET /raw/k?uploadId=../../x HTTP/1.1", "", 404, "NoSuchUpload"],
    ];
    for (const [line, body, status, code] of cases) {
      const answer = await exchange(line, [`content-length: ${body.length}`], body);
      assert.deepEqual([answer.status, answer.code], [status, code], `${line}\n${answer.text}`);
      assert.match(
        answer.text,
        /<Error><Code>.*<RequestId>.+<\/RequestId><HostId>.+<\/HostId><\/Error>$/s,
      );
    }
  });

  it("says nothing in the body of a HEAD, not even an error", async () => {
    const missing = await exchange("HEAD /raw/none HTTP/1.1", [], "");
    assert.deepEqual([missing.status, missing.body], [404, ""]);
  });

  it("refuses metadata past 2 KB", async () => {
    const large = await put("meta", ["content-length: 0", `x-amz-meta-a: ${"x".repeat(2048)}`], "");
    assert.deepEqual([large.status, large.code], [400, "MetadataTooLarge"]);
  });

  it("refuses what it would not do", async () => {
    for (const [header, code] of [
      ["x-amz-server-side-encryption: aws:none", "InvalidArgument"],
      ["x-amz-server-side-encryption-customer-algorithm: AES256", "InvalidArgument"],
      ["x-amz-object-lock-mode: GOVERNANCE", "InvalidArgument"],
      ["x-amz-object-lock-legal-hold: ON", "InvalidRequest"],
      ["x-amz-acl: public-read", "AccessControlListNotSupported"],
      ["x-amz-storage-class: COLD", "InvalidStorageClass"],
      ["x-amz-checksum-sha512: abc", "InvalidRequest"],
    ] as const)
      assert.equal((await put("k", ["content-length: 0", header], "")).code, code, header);
  });
});
