/** Lambda's shapes from what the functions service tells. What is absent is left out, as AWS leaves it out. */
import { createHash } from "node:crypto";
import type { FunctionSettings, FunctionVersion } from "../../domain/function.ts";
import { runtimeVersionArn } from "../../domain/function-name.ts";
import type { DescribedVersion, Page } from "../../services/functions/index.ts";
import type {
  Architecture,
  FunctionConfiguration,
  LastUpdateStatusReasonCode,
  LoggingConfig,
  RuntimeVersionConfig,
} from "../api/lambda.ts";

/** A version as Create, Get, Update, Publish and List answer it. */
export function functionConfiguration({
  arn,
  scope,
  version,
  runtimeVersion,
}: DescribedVersion): FunctionConfiguration {
  const { settings, code } = version;
  const { environment, layers, vpc, deadLetterTarget, fileSystems, kmsKeyArn } = settings;
  return {
    FunctionName: version.name,
    FunctionArn: arn,
    Runtime: settings.runtime,
    Role: settings.role,
    Handler: settings.handler,
    CodeSize: code.size,
    Description: settings.description,
    Timeout: settings.timeoutSeconds,
    MemorySize: settings.memoryMB,
    LastModified: timestamp(version.modifiedAt),
    CodeSha256: code.sha256,
    Version: version.version,
    Environment: environment && { Variables: environment },
    Layers:
      layers.length === 0
        ? undefined
        : layers.map((use) => ({ Arn: use.arn, CodeSize: use.codeSize })),
    VpcConfig: vpc && {
      SubnetIds: vpc.subnetIds,
      SecurityGroupIds: vpc.securityGroupIds,
      VpcId: "",
      Ipv6AllowedForDualStack: vpc.ipv6,
    },
    DeadLetterConfig: deadLetterTarget === undefined ? undefined : { TargetArn: deadLetterTarget },
    FileSystemConfigs: fileSystems?.map((one) => ({
      Arn: one.arn,
      LocalMountPath: one.localMountPath,
    })),
    KMSKeyArn: kmsKeyArn,
    TracingConfig: { Mode: settings.tracing },
    RevisionId: version.revisionId,
    ...stateOf(version),
    PackageType: "Zip",
    Architectures: [settings.architecture],
    EphemeralStorage: { Size: settings.ephemeralStorageMB },
    SnapStart: snapStart(version),
    RuntimeVersionConfig: runtimeVersionConfig(scope.region, settings, runtimeVersion),
    LoggingConfig: logging(settings),
  };
}

/**
 * The same for who asks for this one function. AWS has `Error` for a runtime version that could not be had; here it
 * says that there is one, but not the one that was asked for. Answers to changes and lists stay as AWS's are.
 */
export function examinedConfiguration(described: DescribedVersion): FunctionConfiguration {
  const configuration = functionConfiguration(described);
  const standIn = described.runtimeVersion?.standIn;
  if (standIn === undefined) return configuration;
  const error = { ErrorCode: "RuntimeVersionNotInstalled", Message: standIn };
  return {
    ...configuration,
    RuntimeVersionConfig: { ...configuration.RuntimeVersionConfig, Error: error },
  };
}

/** Recorded, though the model's enumeration does not have it. */
const CREATING = "Creating" as LastUpdateStatusReasonCode;

function stateOf({ state, lastUpdate }: FunctionVersion): Partial<FunctionConfiguration> {
  const reason = "The function is being created.";
  return {
    State: state,
    ...(state === "Pending" ? { StateReason: reason, StateReasonCode: "Creating" } : {}),
    ...(lastUpdate === undefined ? {} : { LastUpdateStatus: lastUpdate }),
    ...(lastUpdate === "InProgress"
      ? { LastUpdateStatusReason: reason, LastUpdateStatusReasonCode: CREATING }
      : {}),
  };
}

/** Versions are optimised when they are published, `$LATEST` never. */
function snapStart({ version, settings }: FunctionVersion): FunctionConfiguration["SnapStart"] {
  const on = settings.snapStart === "PublishedVersions" && version !== "$LATEST";
  return { ApplyOn: settings.snapStart, OptimizationStatus: on ? "On" : "Off" };
}

function logging({ logging: { format, group, ...levels } }: FunctionSettings): LoggingConfig {
  return {
    LogFormat: format,
    ApplicationLogLevel: levels.applicationLevel as LoggingConfig["ApplicationLogLevel"],
    SystemLogLevel: levels.systemLevel as LoggingConfig["SystemLogLevel"],
    LogGroup: group,
  };
}

/** What runs the function; what this machine cannot run has an ARN too, of its name alone. */
function runtimeVersionConfig(
  region: string,
  { runtime, architecture }: { runtime: string; architecture: Architecture },
  version: DescribedVersion["runtimeVersion"],
): RuntimeVersionConfig {
  const named = () => createHash("sha256").update(`${runtime}/${architecture}`).digest("hex");
  return { RuntimeVersionArn: runtimeVersionArn(region, version?.hash ?? named()) };
}

/** Lambda's form of a time in text members: `2026-11-22T18:00:00.000+0000`. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "+0000");
}

/** A page's marker as list operations answer it. */
export const nextMarker = ({ marker }: Page<unknown>): { NextMarker?: string } =>
  marker === undefined ? {} : { NextMarker: marker };

/** What a list operation asks for. */
export const pageRequest = (input: {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}) => ({ marker: input.Marker, maxItems: input.MaxItems });
