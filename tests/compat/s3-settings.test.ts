/** What buckets are told of themselves, by the official SDK: given back as it was, and refused where it is wrong. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

describe("settings of buckets by the SDK", () => {
  let platform: TestPlatform;
  let client: s3.S3Client;
  const Bucket = "settings";

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

  interface Setting {
    readonly get: string;
    readonly put: string;
    readonly remove?: string;
    readonly given: object;
    /** Where it is not what was given. */
    readonly shown?: object;
    readonly missing?: string;
    readonly wrong: readonly (readonly [code: string, input: object])[];
  }
  const rule = { ID: "r", Status: "Enabled", Filter: { Prefix: "a/" }, Expiration: { Days: 1 } };
  const lifecycle = (more: object) => ({
    LifecycleConfiguration: { Rules: [{ ...rule, ...more }] },
  });
  const policy = (more: object = {}) => ({
    Policy: JSON.stringify({
      Statement: {
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::000000000000:root" },
        Action: "s3:GetObject",
        Resource: `arn:aws:s3:::${Bucket}/*`,
        ...more,
      },
    }),
  });
  const cors = (more: object = {}) => ({
    CORSConfiguration: { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], ...more }] },
  });
  const website = (more: object) => ({ WebsiteConfiguration: more });
  const encryption = (more: object) => ({
    ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: more }] },
  });

  const SETTINGS: readonly Setting[] = [
    {
      get: "GetBucketLifecycleConfiguration",
      put: "PutBucketLifecycleConfiguration",
      remove: "DeleteBucketLifecycle",
      given: lifecycle({ Expiration: { Date: new Date("2030-01-01T00:00:00Z") } }),
      shown: {
        Rules: [{ ...rule, Expiration: { Date: new Date("2030-01-01T00:00:00Z") } }],
        TransitionDefaultMinimumObjectSize: "all_storage_classes_128K",
      },
      missing: "NoSuchLifecycleConfiguration",
      wrong: [
        ["MalformedXML", { LifecycleConfiguration: { Rules: [] } }],
        ["MalformedXML", lifecycle({ Status: "enabled" })],
        ["MalformedXML", lifecycle({ Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } })],
        ["MalformedXML", lifecycle({ Filter: { Prefix: "a", ObjectSizeGreaterThan: 1 } })],
        ["MalformedXML", lifecycle({ Transitions: [{ Days: 1, StorageClass: "COLD" }] })],
        ["InvalidArgument", lifecycle({ Expiration: { Days: 0 } })],
        ["InvalidArgument", lifecycle({ Expiration: { Date: new Date("2030-01-01T01:00:00Z") } })],
        ["InvalidArgument", lifecycle({ ID: "x".repeat(256) })],
        ["InvalidArgument", { LifecycleConfiguration: { Rules: [rule, rule] } }],
        ["InvalidRequest", lifecycle({ Expiration: undefined })],
        [
          "InvalidRequest",
          lifecycle({
            Filter: { Tag: { Key: "a", Value: "b" } },
            Expiration: undefined,
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          }),
        ],
      ],
    },
    {
      get: "GetBucketCors",
      put: "PutBucketCors",
      remove: "DeleteBucketCors",
      given: cors({ ExposeHeaders: ["etag"], MaxAgeSeconds: 5 }),
      shown: cors({ ExposeHeaders: ["etag"], MaxAgeSeconds: 5 }).CORSConfiguration,
      missing: "NoSuchCORSConfiguration",
      wrong: [
        ["MalformedXML", { CORSConfiguration: { CORSRules: [] } }],
        ["InvalidRequest", cors({ AllowedMethods: ["PATCH"] })],
        ["InvalidRequest", cors({ AllowedOrigins: ["*.*"] })],
        ["InvalidRequest", cors({ ExposeHeaders: ["x-*"] })],
      ],
    },
    {
      get: "GetBucketWebsite",
      put: "PutBucketWebsite",
      remove: "DeleteBucketWebsite",
      given: website({ IndexDocument: { Suffix: "index.html" }, ErrorDocument: { Key: "e.html" } }),
      shown: { IndexDocument: { Suffix: "index.html" }, ErrorDocument: { Key: "e.html" } },
      missing: "NoSuchWebsiteConfiguration",
      wrong: [
        ["InvalidArgument", website({})],
        ["InvalidArgument", website({ IndexDocument: { Suffix: "a/b" } })],
        [
          "InvalidRequest",
          website({
            IndexDocument: { Suffix: "i" },
            RoutingRules: [{ Redirect: { HttpRedirectCode: "200" } }],
          }),
        ],
        ["InvalidRequest", website({ RedirectAllRequestsTo: { HostName: "x", Protocol: "ftp" } })],
      ],
    },
    {
      get: "GetBucketPolicy",
      put: "PutBucketPolicy",
      remove: "DeleteBucketPolicy",
      given: policy(),
      shown: policy(),
      missing: "NoSuchBucketPolicy",
      wrong: [
        ["MalformedPolicy", { Policy: "none" }],
        ["MalformedPolicy", { Policy: "{}" }],
        ["MalformedPolicy", policy({ Principal: undefined })],
        ["MalformedPolicy", policy({ Effect: "Maybe" })],
        ["MalformedPolicy", policy({ Action: "ec2:Run" })],
        ["MalformedPolicy", policy({ Resource: "arn:aws:s3:::another/*" })],
        ["AccessDenied", policy({ Principal: "*" })], // the bucket blocks public policies
      ],
    },
    {
      get: "GetBucketEncryption",
      put: "PutBucketEncryption",
      given: encryption({ SSEAlgorithm: "aws:kms", KMSMasterKeyID: "alias/k" }),
      shown: {
        ServerSideEncryptionConfiguration: {
          Rules: [
            {
              ApplyServerSideEncryptionByDefault: {
                SSEAlgorithm: "aws:kms",
                KMSMasterKeyID: "alias/k",
              },
              BucketKeyEnabled: false,
            },
          ],
        },
      },
      wrong: [
        ["MalformedXML", encryption({ SSEAlgorithm: "rot13" })],
        ["InvalidArgument", encryption({ SSEAlgorithm: "AES256", KMSMasterKeyID: "k" })],
      ],
    },
    {
      get: "GetPublicAccessBlock",
      put: "PutPublicAccessBlock",
      remove: "DeletePublicAccessBlock",
      given: { PublicAccessBlockConfiguration: { BlockPublicAcls: true } },
      shown: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          IgnorePublicAcls: false,
          BlockPublicPolicy: false,
          RestrictPublicBuckets: false,
        },
      },
      missing: "NoSuchPublicAccessBlockConfiguration",
      wrong: [],
    },
    {
      get: "GetBucketOwnershipControls",
      put: "PutBucketOwnershipControls",
      remove: "DeleteBucketOwnershipControls",
      given: { OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] } },
      shown: { OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] } },
      missing: "OwnershipControlsNotFoundError",
      wrong: [["MalformedXML", { OwnershipControls: { Rules: [] } }]],
    },
    {
      get: "GetBucketAccelerateConfiguration",
      put: "PutBucketAccelerateConfiguration",
      given: { AccelerateConfiguration: { Status: "Suspended" } },
      shown: { Status: "Suspended" },
      wrong: [["MalformedXML", { AccelerateConfiguration: { Status: "Fast" } }]],
    },
    {
      get: "GetBucketRequestPayment",
      put: "PutBucketRequestPayment",
      given: { RequestPaymentConfiguration: { Payer: "BucketOwner" } },
      shown: { Payer: "BucketOwner" },
      wrong: [["MalformedXML", { RequestPaymentConfiguration: { Payer: "Nobody" } }]],
    },
    {
      get: "GetBucketLogging",
      put: "PutBucketLogging",
      given: {
        BucketLoggingStatus: { LoggingEnabled: { TargetBucket: Bucket, TargetPrefix: "l/" } },
      },
      shown: { LoggingEnabled: { TargetBucket: Bucket, TargetPrefix: "l/" } },
      wrong: [
        [
          "InvalidTargetBucketForLogging",
          {
            BucketLoggingStatus: {
              LoggingEnabled: { TargetBucket: "nowhere-at-all", TargetPrefix: "" },
            },
          },
        ],
      ],
    },
    {
      get: "GetObjectLockConfiguration",
      put: "PutObjectLockConfiguration",
      given: {
        Bucket: "settings-locked",
        ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" },
      },
      shown: { ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } },
      wrong: [
        ["InvalidBucketState", { ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } }],
        ["MalformedXML", { ObjectLockConfiguration: {} }],
      ],
    },
  ];

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
