/** Lambda's shapes from what the functions service tells. What is absent is left out, as AWS leaves it out. */
import { mostAtOnce } from "../../domain/capacity-provider.ts";
import type { FunctionSettings, FunctionVersion } from "../../domain/function.ts";
import { LATEST } from "../../domain/function-name.ts";
import { runtimeVersionArn } from "../../domain/function-runtimes.ts";
import type { DescribedVersion, Page, RuntimeVersion } from "../../services/functions/index.ts";
import type {
  Architecture,
  FunctionConfiguration,
  LastUpdateStatusReasonCode,
  LoggingConfig,
  StateReasonCode,
} from "../api/lambda.ts";

/** A version as Create, Get, Update, Publish and List answer it. */
export function functionConfiguration(
  { arn, scope, version }: DescribedVersion,
  runtime: RuntimeVersion | undefined,
): FunctionConfiguration {
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
    RuntimeVersionConfig: { RuntimeVersionArn: runtimeArn(scope.region, settings, runtime) },
    LoggingConfig: logging(settings),
    CapacityProviderConfig: capacityProvider(settings),
  };
}

/** Recorded, though the model's enumeration does not have it. */
const CREATING = "Creating" as LastUpdateStatusReasonCode;

function stateOf(version: FunctionVersion): Partial<FunctionConfiguration> {
  const { state, stateReason, lastUpdate } = version;
  const reason = "The function is being created.";
  return {
    State: stateName(version) as FunctionConfiguration["State"],
    ...(state === "Pending" ? { StateReason: reason, StateReasonCode: "Creating" } : {}),
    ...(stateReason === undefined
      ? {}
      : {
          StateReason: stateReason.message,
          StateReasonCode: stateReason.code as StateReasonCode,
        }),
    ...(lastUpdate === undefined ? {} : { LastUpdateStatus: lastUpdate }),
    ...(lastUpdate === "InProgress"
      ? { LastUpdateStatusReason: reason, LastUpdateStatusReasonCode: CREATING }
      : {}),
  };
}

/** Lambda: on a capacity provider only what was published is invoked. */
export function stateName({ state, version, settings }: FunctionVersion): string {
  const published = settings.managed === undefined || version !== LATEST;
  return state === "Active" && !published ? "ActiveNonInvocable" : state;
}

function capacityProvider(
  settings: FunctionSettings,
): FunctionConfiguration["CapacityProviderConfig"] {
  const { managed } = settings;
  return (
    managed && {
      LambdaManagedInstancesCapacityProviderConfig: {
        CapacityProviderArn: managed.providerArn,
        PerExecutionEnvironmentMaxConcurrency: mostAtOnce(settings, managed),
        ExecutionEnvironmentMemoryGiBPerVCpu: managed.memoryGiBPerVCpu,
      },
    }
  );
}

/** Versions are optimised when they are published, `$LATEST` never. */
function snapStart(version: FunctionVersion): FunctionConfiguration["SnapStart"] {
  const { settings, state } = version;
  const on =
    settings.snapStart === "PublishedVersions" &&
    version.version !== "$LATEST" &&
    state === "Active";
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

/** What this machine cannot run has an ARN, too. */
function runtimeArn(
  region: string,
  { runtime, architecture }: { runtime: string; architecture: Architecture },
  really: RuntimeVersion = { version: runtime, hash: "none" },
): string {
  return runtimeVersionArn(region, architecture, really);
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
