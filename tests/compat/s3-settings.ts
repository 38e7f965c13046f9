/** What a bucket can be told, how it is given back, and what is refused. */

export const BUCKET = "settings";
const Bucket = BUCKET;

export interface Setting {
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
export const policy = (more: object = {}) => ({
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
export const cors = (more: object = {}) => ({
  CORSConfiguration: { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], ...more }] },
});
const website = (more: object) => ({ WebsiteConfiguration: more });
const encryption = (more: object) => ({
  ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: more }] },
});

export const SETTINGS: readonly Setting[] = [
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
