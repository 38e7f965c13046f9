/** What buckets are told of themselves, by the official SDK: given back as it was, and refused where it is wrong. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { BUCKET, cors, policy, SETTINGS } from "./s3-settings.ts";

describe("settings of buckets by the SDK", () => {
  let platform: TestPlatform;
  let client: s3.S3Client;
  const Bucket = BUCKET;

  before(async () => {
    platform = await startPlatform();
    client = new s3.S3Client({ ...clientSettings(platform.origin), maxAttempts: 1 });
    await client.send(new s3.CreateBucketCommand({ Bucket }));
  });
  after(async () => {
    client.destroy();
    await platform.stop();
  });

  // biome-ignore lint/suspicious/noExplicitAny: commands of many kinds, by their names
  const sdk = s3 as any;
  const call = async (name: string, input: object = {}): Promise<Record<string, unknown>> => {
    const { $metadata: _, ...output } = await client.send(
      new sdk[`${name}Command`]({ Bucket, ...input }),
    );
    return output;
  };
  const refuses = (work: Promise<unknown>, code: string) =>
    assert.rejects(work, (error: { name: string }) => {
      assert.equal(error.name, code);
      return true;
    });

  it("are given back as they were, until they are deleted", async () => {
    await client.send(
      new s3.CreateBucketCommand({ Bucket: "settings-locked", ObjectLockEnabledForBucket: true }),
    );
    for (const { get, put, remove, given, shown, missing } of SETTINGS) {
      const at = "Bucket" in given ? { Bucket: given.Bucket } : {};
      await call(put, given);
      assert.deepEqual(plain(await call(get, at)), plain(shown), get);
      if (remove === undefined) continue;
      await call(remove);
      await call(remove);
      if (missing !== undefined) await refuses(call(get), missing);
    }
  });

  it("are refused where they are wrong", async () => {
    await call("PutPublicAccessBlock", {
      PublicAccessBlockConfiguration: { BlockPublicPolicy: true },
    });
    for (const { put, wrong } of SETTINGS)
      for (const [code, input] of wrong)
        await refuses(call(put, input), code).catch((error: Error) => {
          throw new Error(`${put} ${JSON.stringify(input)}: ${error.message}`);
        });
  });

  it("of a bucket that is not there are refused", async () => {
    for (const { get, put, given } of SETTINGS) {
      await refuses(call(get, { Bucket: "not-there" }), "NoSuchBucket");
      if (put === "PutBucketPolicy") continue; // the policy is of another bucket
      await refuses(call(put, { ...given, Bucket: "not-there" }), "NoSuchBucket");
    }
  });

  it("go with their bucket", async () => {
    const name = { Bucket: "short-lived" };
    await client.send(new s3.CreateBucketCommand(name));
    await call("PutBucketCors", { ...name, ...cors() });
    await client.send(new s3.DeleteBucketCommand(name));
    await client.send(new s3.CreateBucketCommand(name));
    await refuses(call("GetBucketCors", name), "NoSuchCORSConfiguration");
  });

  it("with ids are kept by id, listed in pages and deleted one by one", async () => {
    const target = `arn:aws:s3:::${Bucket}`;
    const kinds: [kind: string, document: object][] = [
      ["Analytics", { StorageClassAnalysis: {} }],
      ["Metrics", { Filter: { Prefix: "a" } }],
      [
        "Inventory",
        {
          IsEnabled: true,
          IncludedObjectVersions: "Current",
          Schedule: { Frequency: "Weekly" },
          Destination: { S3BucketDestination: { Bucket: target, Format: "Parquet" } },
        },
      ],
      [
        "IntelligentTiering",
        { Status: "Enabled", Tierings: [{ Days: 90, AccessTier: "ARCHIVE_ACCESS" }] },
      ],
    ];
    for (const [kind, document] of kinds) {
      const member = `${kind}Configuration`;
      const put = (Id: string, more: object = {}) =>
        call(`PutBucket${member}`, { Id, [member]: { Id, ...document, ...more } });
      await put("one");
      await put("two");
      const got = await call(`GetBucket${member}`, { Id: "one" });
      assert.deepEqual(plain(got), { [member]: { Id: "one", ...document } });
      const list = await call(`ListBucket${member}s`);
      assert.equal((list[`${member}List`] as unknown[]).length, 2);
      await call(`DeleteBucket${member}`, { Id: "one" });
      await refuses(call(`GetBucket${member}`, { Id: "one" }), "NoSuchConfiguration");
      await refuses(call(`DeleteBucket${member}`, { Id: "one" }), "NoSuchConfiguration");
      await refuses(put("no/id"), "InvalidConfigurationId");
    }
    const tiers = [{ Days: 1, AccessTier: "ARCHIVE_ACCESS" }];
    const tiering = { Id: "x", Status: "Enabled", Tierings: tiers };
    const short = { Id: "x", IntelligentTieringConfiguration: tiering };
    await refuses(call("PutBucketIntelligentTieringConfiguration", short), "MalformedXML");
    for (let n = 0; n < 101; n++) {
      const Id = `m${n}`;
      await call("PutBucketMetricsConfiguration", { Id, MetricsConfiguration: { Id } });
    }
    const first = await call("ListBucketMetricsConfigurations");
    assert.equal(first["IsTruncated"], true);
    const rest = await call("ListBucketMetricsConfigurations", {
      ContinuationToken: first["NextContinuationToken"],
    });
    assert.equal((rest["MetricsConfigurationList"] as unknown[]).length, 2);
  });

  it("say whether a policy is public", async () => {
    await call("DeletePublicAccessBlock");
    await call("PutBucketPolicy", policy({ Principal: "*" }));
    const status = await call("GetBucketPolicyStatus");
    assert.deepEqual(status, { PolicyStatus: { IsPublic: true } });
  });

  it("let access control lists in, or not", async () => {
    const grant = { ACL: "public-read" };
    await call("PutBucketOwnershipControls", {
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
    });
    await refuses(call("PutBucketAcl", grant), "AccessControlListNotSupported");
    await call("PutBucketOwnershipControls", {
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerPreferred" }] },
    });
    await call("PutBucketAcl", grant);
    const { Grants } = (await call("GetBucketAcl")) as { Grants: unknown[] };
    assert.equal(Grants.length, 2);
    await client.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "x", ...grant } as never));
    const { Grants: ofObject } = (await call("GetObjectAcl", { Key: "k" })) as { Grants: object[] };
    assert.equal(ofObject.length, 2);
    await call("PutObjectAcl", { Key: "k", ACL: "private" });
    const { Grants: left } = (await call("GetObjectAcl", { Key: "k" })) as { Grants: object[] };
    assert.equal(left.length, 1);
    const block = { PublicAccessBlockConfiguration: { BlockPublicAcls: true } };
    await call("PutPublicAccessBlock", block);
    await refuses(call("PutObjectAcl", { Key: "k", ...grant }), "AccessDenied");
  });
});

/** Without members that are there and undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
