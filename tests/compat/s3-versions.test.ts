/** Versions, locks, keys of clients and archives, by the official SDK. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";

describe("versions by the SDK", () => {
  let platform: TestPlatform;
  let client: S3Client;
  let count = 0;

  before(async () => {
    platform = await startPlatform();
    client = new S3Client({ ...clientSettings(platform.origin), maxAttempts: 1 });
  });
  after(async () => {
    client.destroy();
    await platform.stop();
  });

  const versioned = async (more: object = {}) => {
    const Bucket = `versions-${++count}`;
    await client.send(new CreateBucketCommand({ Bucket, ...more }));
    await keep(Bucket, "Enabled");
    return Bucket;
  };
  const keep = (Bucket: string, Status: "Enabled" | "Suspended") =>
    client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  const put = (Bucket: string, Key: string, Body: string | Uint8Array, more: object = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const get = async (Bucket: string, Key: string, more: object = {}) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return (await Body?.transformToString()) ?? "";
  };
  const refuses = (work: Promise<unknown>, name: string, status?: number) =>
    assert.rejects(work, (error: { name: string; $metadata: { httpStatusCode?: number } }) => {
      assert.equal(error.name, name);
      if (status !== undefined) assert.equal(error.$metadata.httpStatusCode, status);
      return true;
    });

  it("are read, copied, tagged and described by their ids", async () => {
    const Bucket = await versioned();
    const [one, two] = [
      (await put(Bucket, "k", "one", { Tagging: "a=1" })).VersionId,
      (await put(Bucket, "k", "two!")).VersionId,
    ];
    assert.equal(await get(Bucket, "k", { VersionId: one }), "one");
    assert.equal(await get(Bucket, "k"), "two!");
    const name = { Bucket, Key: "k" };
    const CopySource = `${Bucket}/k?versionId=${one}`;
    const copied = await client.send(new CopyObjectCommand({ ...name, CopySource }));
    assert.equal(copied.CopySourceVersionId, one);
    assert.equal(await get(Bucket, "k"), "one");
    const TagSet = [{ Key: "b", Value: "2" }];
    const tagged = { ...name, VersionId: two };
    await client.send(new PutObjectTaggingCommand({ ...tagged, Tagging: { TagSet } }));
    const tags = async (VersionId: string | undefined) =>
      (await client.send(new GetObjectTaggingCommand({ ...name, VersionId }))).TagSet;
    assert.deepEqual(await tags(two), TagSet);
    assert.deepEqual(await tags(one), [{ Key: "a", Value: "1" }]);
    await client.send(new DeleteObjectTaggingCommand(tagged));
    assert.deepEqual(await tags(two), []);
    const attributes = new GetObjectAttributesCommand({
      ...tagged,
      ObjectAttributes: ["ObjectSize", "ETag"],
    });
    const described = await client.send(attributes);
    assert.deepEqual([described.ObjectSize, described.VersionId], [4, two]);
    const acl = await client.send(new GetObjectAclCommand(tagged));
    assert.equal(acl.Grants?.[0]?.Permission, "FULL_CONTROL");
    await refuses(get(Bucket, "k", { VersionId: "v1" }), "InvalidArgument", 400);
    await refuses(get(Bucket, "k", { VersionId: "x".repeat(32) }), "NoSuchVersion", 404);
    await refuses(get(Bucket, "k", { VersionId: "null" }), "NoSuchVersion", 404);
  });

  it("come from multipart uploads and parts of versions, too", async () => {
    const Bucket = await versioned();
    const { VersionId } = await put(Bucket, "source", "0123456789");
    await put(Bucket, "source", "other");
    const name = { Bucket, Key: "large" };
    for (const fill of ["a", "b"]) {
      const Body = Buffer.alloc(6 * 1024 * 1024, fill);
      const done = await new Upload({ client, params: { ...name, Body } }).done();
      assert.ok(done.VersionId);
    }
    const page = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: "large" }));
    assert.deepEqual(
      page.Versions?.map(({ IsLatest, Size }) => [IsLatest, Size]),
      [
        [true, 6291456],
        [false, 6291456],
      ],
    );
    const old = page.Versions?.[1]?.VersionId;
    assert.equal(
      await get(Bucket, "large", { VersionId: old, Range: "bytes=5242879-5242880" }),
      "aa",
    );
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(name));
    const part = new UploadPartCopyCommand({
      ...name,
      UploadId,
      PartNumber: 1,
      CopySource: `${Bucket}/source?versionId=${VersionId}`,
      CopySourceRange: "bytes=2-4",
    });
    assert.equal((await client.send(part)).CopySourceVersionId, VersionId);
  });

  it("hold code of functions", async () => {
    const Bucket = await versioned();
    const code = (answer: string) =>
      zipOf({ "index.js": `exports.handler = async () => "${answer}"` });
    const { VersionId } = await put(Bucket, "code.zip", await code("old"));
    await put(Bucket, "code.zip", await code("new"));
    const lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    const create = (FunctionName: string, S3ObjectVersion: string | undefined) =>
      lambda.send(
        new CreateFunctionCommand({
          FunctionName,
          Runtime: "nodejs22.x",
          Handler: "index.handler",
          Role: "arn:aws:iam::000000000000:role/any",
          Code: { S3Bucket: Bucket, S3Key: "code.zip", S3ObjectVersion },
        }),
      );
    const [old, latest] = [await create("old", VersionId), await create("latest", undefined)];
    assert.notEqual(old.CodeSha256, latest.CodeSha256);
    const digest = createHash("sha256")
      .update(await code("old"))
      .digest("base64");
    assert.equal(old.CodeSha256, digest);
    await refuses(create("none", "nonsense"), "InvalidParameterValueException", 400);
    lambda.destroy();
  });

  it("of deleted objects stay behind delete markers", async () => {
    const Bucket = await versioned();
    await put(Bucket, "k", "x");
    const name = { Bucket, Key: "k" };
    const marker = await client.send(new DeleteObjectCommand(name));
    assert.equal(marker.DeleteMarker, true);
    await refuses(get(Bucket, "k"), "NoSuchKey", 404);
    const VersionId = marker.VersionId;
    await refuses(get(Bucket, "k", { VersionId }), "MethodNotAllowed", 405);
    const response = await fetch(`${platform.origin}/${Bucket}/k`);
    assert.deepEqual(
      [
        response.status,
        response.headers.get("x-amz-delete-marker"),
        response.headers.get("x-amz-version-id"),
      ],
      [404, "true", VersionId],
    );
    assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
    await refuses(client.send(new DeleteBucketCommand({ Bucket })), "BucketNotEmpty", 409);
    const unmarked = await client.send(new DeleteObjectCommand({ ...name, VersionId }));
    assert.deepEqual([unmarked.DeleteMarker, unmarked.VersionId], [true, VersionId]);
    assert.equal(await get(Bucket, "k"), "x");
  });

  it("are listed page by page, with prefixes and odd keys", async () => {
    const Bucket = await versioned();
    const keys = ["a/1", "a/2", "b", "b", "b", "c d+e", "é/x"];
    for (const key of keys) await put(Bucket, key, key);
    await keep(Bucket, "Suspended");
    await put(Bucket, "b", "null");
    const found: string[] = [];
    let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (next !== undefined) {
      const input = { Bucket, EncodingType: "url" as const, MaxKeys: 2, ...next };
      const page: ListObjectVersionsCommandOutput = await client.send(
        new ListObjectVersionsCommand(input),
      );
      for (const { Key = "" } of page.Versions ?? []) found.push(decoded(Key));
      const { NextKeyMarker, NextVersionIdMarker } = page;
      next = page.IsTruncated
        ? {
            KeyMarker: decoded(NextKeyMarker ?? ""),
            ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }),
          }
        : undefined;
    }
    assert.deepEqual(found.toSorted(), [...keys, "b"].toSorted());
    const rolled = await client.send(new ListObjectVersionsCommand({ Bucket, Delimiter: "/" }));
    assert.deepEqual(
      rolled.CommonPrefixes?.map(({ Prefix }) => Prefix),
      ["a/", "é/"],
    );
    assert.equal(
      rolled.Versions?.find(({ IsLatest, Key }) => IsLatest && Key === "b")?.VersionId,
      "null",
    );
  });

  it("that are locked cannot be deleted", async () => {
    const Bucket = `locked-${++count}`;
    await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    const Key = "k";
    const RetainUntilDate = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
    const { VersionId } = await put(Bucket, Key, "x", {
      ObjectLockMode: "GOVERNANCE",
      ObjectLockRetainUntilDate: RetainUntilDate,
    });
    const name = { Bucket, Key, VersionId };
    const { Retention } = await client.send(new GetObjectRetentionCommand(name));
    assert.deepEqual(Retention, { Mode: "GOVERNANCE", RetainUntilDate });
    await refuses(client.send(new DeleteObjectCommand(name)), "AccessDenied", 403);
    const shorter = new PutObjectRetentionCommand({ ...name, Retention: {} });
    await refuses(client.send(shorter), "AccessDenied");
    const past = { Mode: "GOVERNANCE" as const, RetainUntilDate: new Date(0) };
    const wrong = client.send(new PutObjectRetentionCommand({ ...name, Retention: past }));
    await refuses(wrong, "InvalidArgument", 400);
    await client.send(new PutObjectLegalHoldCommand({ ...name, LegalHold: { Status: "ON" } }));
    const bypass = new DeleteObjectCommand({ ...name, BypassGovernanceRetention: true });
    await refuses(client.send(bypass), "AccessDenied");
    await client.send(new PutObjectLegalHoldCommand({ ...name, LegalHold: { Status: "OFF" } }));
    const { LegalHold } = await client.send(new GetObjectLegalHoldCommand(name));
    assert.equal(LegalHold?.Status, "OFF");
    await client.send(bypass);
    await refuses(keep(Bucket, "Suspended"), "InvalidBucketState", 409);
    const strict = { Mode: "COMPLIANCE" as const, Days: 1 };
    await client.send(
      new PutObjectLockConfigurationCommand({
        Bucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: "Enabled",
          Rule: { DefaultRetention: strict },
        },
      }),
    );
    const kept = await put(Bucket, Key, "y");
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
    assert.equal(head.ObjectLockMode, "COMPLIANCE");
    const gone = { Bucket, Key, VersionId: kept.VersionId, BypassGovernanceRetention: true };
    await refuses(client.send(new DeleteObjectCommand(gone)), "AccessDenied");
  });

  it("lie under the keys of their clients", async () => {
    const Bucket = await versioned();
    const key = randomBytes(32);
    const customer = {
      SSECustomerAlgorithm: "AES256",
      SSECustomerKey: key.toString("base64"),
      SSECustomerKeyMD5: createHash("md5").update(key).digest("base64"),
    };
    const text = "0123456789".repeat(20_000);
    await put(Bucket, "k", text, customer);
    assert.equal(await get(Bucket, "k", customer), text);
    for (const [first, last] of [
      [0, 0],
      [15, 17],
      [16, 31],
      [70_001, 140_013],
    ] as const)
      assert.equal(
        await get(Bucket, "k", { ...customer, Range: `bytes=${first}-${last}` }),
        text.slice(first, last + 1),
      );
    await refuses(get(Bucket, "k"), "InvalidRequest", 400);
    const other = { ...customer, SSECustomerKey: randomBytes(32).toString("base64") };
    other.SSECustomerKeyMD5 = createHash("md5")
      .update(Buffer.from(other.SSECustomerKey, "base64"))
      .digest("base64");
    await refuses(get(Bucket, "k", other), "AccessDenied", 403);
    await put(Bucket, "plain", "x");
    await refuses(get(Bucket, "plain", customer), "InvalidRequest", 400);
    const Body = Buffer.alloc(6 * 1024 * 1024, "0123456789abcdef!");
    await new Upload({ client, params: { Bucket, Key: "large", Body, ...customer } }).done();
    const across = { ...customer, Range: "bytes=5242870-5242890" };
    assert.equal(
      await get(Bucket, "large", across),
      Body.subarray(5_242_870, 5_242_891).toString(),
    );
    const name = { Bucket, Key: "parts" };
    const created = await client.send(new CreateMultipartUploadCommand({ ...name, ...customer }));
    const { UploadId } = created;
    const bare = new UploadPartCommand({ ...name, UploadId, PartNumber: 1, Body: "x" });
    await refuses(client.send(bare), "InvalidRequest", 400);
  });

  it("of archives are read once they are restored", async () => {
    const Bucket = await versioned();
    const { VersionId } = await put(Bucket, "k", "cold", { StorageClass: "GLACIER" });
    const name = { Bucket, Key: "k", VersionId };
    await refuses(get(Bucket, "k"), "InvalidObjectState", 403);
    const restore = (Days: number | undefined) =>
      client.send(new RestoreObjectCommand({ ...name, RestoreRequest: { Days } }));
    await refuses(restore(undefined), "MalformedXML", 400);
    await refuses(restore(0), "InvalidArgument", 400);
    assert.equal((await restore(2)).$metadata.httpStatusCode, 202);
    assert.equal((await restore(3)).$metadata.httpStatusCode, 200);
    assert.equal(await get(Bucket, "k"), "cold");
    const { Restore } = await client.send(new HeadObjectCommand(name));
    assert.match(Restore ?? "", /^ongoing-request="false", expiry-date=".+ 00:00:00 GMT"$/);
    await put(Bucket, "warm", "x");
    const warm = { Bucket, Key: "warm", RestoreRequest: { Days: 1 } };
    await refuses(client.send(new RestoreObjectCommand(warm)), "InvalidObjectState", 403);
  });
});

const decoded = (key: string): string => decodeURIComponent(key.replaceAll("+", " "));
