/** Where the round trip through the SDK cannot be what the model says, each with its reason. */

const NEWER = "the SDK's package is older than this operation's form; a newer one lifts it";

/** Operations that are left out, by `service Operation`. Everything else must pass. */
export const SKIPPED: Readonly<Record<string, string>> = {
  "elasticache CompleteMigration": NEWER,
  "elasticache PrepareMigration": NEWER,
  "elasticache StartMigration": NEWER,
  "elasticache StopMigration": NEWER,
  "s3 PostObject": "a form of browsers: no SDK has a command for it",
};

/** Members that are newer than the SDK's packages, wherever they stand. */
export const UNKNOWN_TO_SDK: Readonly<Record<string, readonly string[]>> = {
  dynamodbstreams: ["Timestamp"],
  elasticache: ["ConnectionType", "Migration"],
  s3: ["PartNumberMarker", "NextPartNumberMarker"], // texts to the SDK, numbers to the model
  wafv2: ["ConnectedAccountConfigs", "ChallengeJavascriptSdkInjection"],
};

/** Members that the SDK adds to what the caller gives. */
export const SDK_ADDS: Readonly<Record<string, RegExp>> = {
  apigateway: /^accepts$/, // it asks for JSON in the header that is this member
  s3: /^(Checksum|ContentMD5|ContentEncoding|ContentLength|ContentType)/, // it describes and digests bodies
};

/** Members that are not what chance makes of them; `undefined` leaves one out. */
interface Fixed {
  readonly reason: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly output?: Readonly<Record<string, unknown>>;
}

/** By `service` or `service Operation`. */
export const FIXED: Readonly<Record<string, Fixed>> = {
  "elasticache CreateGlobalReplicationGroup": {
    reason: "newer than the SDK",
    input: { Tags: undefined },
  },
  "apigateway GetSdkTypes": {
    reason: "the SDK's model has no such member",
    output: { position: undefined },
  },
  "apigateway ImportRestApi": {
    reason: "parameters are all that stand in the query, other members among them",
    input: { failOnWarnings: undefined },
  },
  "apigateway PutRestApi": {
    reason: "parameters are all that stand in the query, other members among them",
    input: { failOnWarnings: undefined, mode: undefined },
  },
  "events PutEvents": {
    reason: "a global endpoint is signed with SigV4a, for which the SDK wants a package of its own",
    input: { EndpointId: undefined },
  },
  kinesis: {
    reason: "the SDK turns it into a host name of AWS, whatever endpoint it was given",
    input: { StreamId: undefined },
  },
  s3: {
    reason:
      "the SDK accepts valid names of buckets only, takes keys of encryption apart, and knows some checksums",
    input: {
      Bucket: "bucket",
      ChecksumAlgorithm: "CRC32",
      ChecksumMode: undefined, // the SDK would compare random checksums
      SSECustomerKey: undefined,
      SSECustomerKeyMD5: undefined,
      CopySourceSSECustomerKey: undefined,
      CopySourceSSECustomerKeyMD5: undefined,
      ContentLength: undefined, // this and the digests must be true
      ContentMD5: undefined,
      ChecksumCRC32: undefined,
      ChecksumCRC32C: undefined,
      ChecksumCRC64NVME: undefined,
      ChecksumSHA1: undefined,
      ChecksumSHA256: undefined,
    },
    output: {
      ContentLength: undefined,
      Expires: undefined, // the SDK makes two members of it
    },
  },
};

/** Errors that the SDK makes another class of, by `service Error`. */
export const CONFUSED_ERRORS: Readonly<Record<string, string>> = {
  "cloudwatch DashboardNotFoundError":
    "two errors share the code ResourceNotFound, and the SDK takes the other one's class",
};
