/** A function as Yunque keeps it: its head, and under it versions, aliases, policies, URLs and asynchronous settings. */
import type { Deployment } from "./deployment.ts";

/** What a caller may configure. Frozen in every published version. */
export interface FunctionSettings {
  readonly description: string;
  /** ARN of the execution role. */
  readonly role: string;
  readonly runtime: string;
  readonly handler: string;
  readonly architecture: Deployment["architecture"];
  readonly memoryMB: number;
  readonly timeoutSeconds: number;
  readonly ephemeralStorageMB: number;
  /** Absent where the caller gave none: AWS then answers no Environment at all. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly layers: readonly LayerUse[];
  readonly logging: LoggingSettings;
  readonly tracing: Deployment["tracing"];
  readonly snapStart: "None" | "PublishedVersions";
  /** ARN of a queue or topic. */
  readonly deadLetterTarget?: string;
  readonly vpc?: VpcSettings;
  readonly fileSystems?: readonly { readonly arn: string; readonly localMountPath: string }[];
  readonly kmsKeyArn?: string;
  /** It is on a capacity provider; absent: its instances are Lambda's own, and run one invocation at a time. */
  readonly managed?: ManagedInstances;
}

/** What instances on a capacity provider are. */
export interface ManagedInstances {
  readonly providerArn: string;
  /** GiB of memory for each vCPU. */
  readonly memoryGiBPerVCpu: number;
  /** Invocations that one runs at once, at most; absent: as many as its runtime is given by default. */
  readonly maxConcurrency?: number;
}

/** A layer version as a function uses it: what it needs even after that version was deleted. */
export interface LayerUse {
  readonly arn: string;
  readonly codeSize: number;
  readonly unpackedSize: number;
  /** Id of its package. */
  readonly package: string;
}

/** Levels exist in the JSON format alone. */
export interface LoggingSettings {
  readonly format: Deployment["logFormat"];
  readonly group: string;
  readonly applicationLevel?: string;
  readonly systemLevel?: string;
}

/** Stored and reported; Yunque's instances have the platform's own network. */
export interface VpcSettings {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly ipv6: boolean;
}

/** The package that a version runs. */
export interface FunctionCode {
  /** Id in `Packages`. */
  readonly package: string;
  /** base64 SHA-256 of the zip. */
  readonly sha256: string;
  /** Bytes of the zip. */
  readonly size: number;
  readonly unpackedSize: number;
}

/** `$LATEST`, or a published version with its frozen code and settings. */
export interface FunctionVersion {
  readonly name: string;
  /** `$LATEST`, `$LATEST.PUBLISHED` or a number. */
  readonly version: string;
  readonly settings: FunctionSettings;
  readonly code: FunctionCode;
  /** Changes with every change, of state too. */
  readonly revisionId: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  readonly state: "Pending" | "Active" | "Failed";
  /** Why it failed, in AWS's words. */
  readonly stateReason?: { readonly code: string; readonly message: string };
  /** Absent until the version was Active for the first time. */
  readonly lastUpdate?: "InProgress" | "Successful";
  /** Instances are pooled by it; new whenever code or settings change. */
  readonly deploymentId: string;
  /** Of a published version: the fingerprint of what `$LATEST` was then. */
  readonly fingerprint?: string;
}

/** The record of a function; whoever changes anything of a function writes it, so that changes follow one another. */
export interface FunctionHead {
  readonly name: string;
  readonly latest: FunctionVersion;
  /** The number that the next published version gets; never given twice, not even after a deletion. */
  readonly nextVersion: number;
  /** Pairs, since a tag may be named like a property of every object. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Absent: the function shares the account's unreserved concurrency. */
  readonly reservedConcurrency?: number;
  readonly recursiveLoop: "Terminate" | "Allow";
  readonly codeSigningConfigArn?: string;
}

/** A name for a version, and perhaps for a share of another one. */
export interface FunctionAlias {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly routing?: { readonly version: string; readonly weight: number };
  readonly revisionId: string;
}

/** How AWS updates the runtime under a version. Stored and reported: Yunque's runtimes come with the platform. */
export interface RuntimeManagement {
  readonly updateRuntimeOn: "Auto" | "Manual" | "FunctionUpdate";
  readonly runtimeVersionArn?: string;
}

/** What happens to events that are invoked asynchronously. Seconds; absent members have Lambda's defaults. */
export interface EventInvokeSettings {
  readonly maximumRetryAttempts?: number;
  readonly maximumEventAgeSeconds?: number;
  readonly onSuccess?: string;
  readonly onFailure?: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** Provisioned concurrency of a version or alias. */
export interface ProvisionedSettings {
  /** Instances that are kept initialised. */
  readonly concurrency: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** The version that an invocation of an alias runs. `random` is in [0, 1). */
export function chooseVersion(alias: FunctionAlias, random: number): string {
  const { routing } = alias;
  return routing !== undefined && random < routing.weight ? routing.version : alias.version;
}
