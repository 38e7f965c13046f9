/** What callers say, in the words of the functions service; and the rules that AWS's model leaves out. */
import { DEFAULT_GIB_PER_VCPU } from "../../domain/capacity-provider.ts";
import { MAX_MEMORY_MB, MAX_TIMEOUT_SECONDS } from "../../domain/function-limits.ts";
import type { CodeSource, SettingsChange } from "../../services/functions/index.ts";
import type {
  CapacityProviderConfig,
  CreateFunctionRequest,
  UpdateFunctionConfigurationRequest,
  VpcConfig,
} from "../api/lambda.ts";
import { AwsError } from "../error.ts";

/** The settings that CreateFunction and UpdateFunctionConfiguration share. `managed`: of a function on a capacity provider. */
export function settingsOf(
  input: CreateFunctionRequest | UpdateFunctionConfigurationRequest,
  managed = false,
): SettingsChange {
  // On a capacity provider it may be what the model says.
  if (!managed && !input.CapacityProviderConfig)
    checkNumber("memorySize", input.MemorySize, MAX_MEMORY_MB);
  checkNumber("timeout", input.Timeout, MAX_TIMEOUT_SECONDS);
  refuseUnsupported(input);
  return {
    description: input.Description,
    role: input.Role,
    runtime: input.Runtime,
    handler: input.Handler,
    memoryMB: input.MemorySize,
    timeoutSeconds: input.Timeout,
    ephemeralStorageMB: input.EphemeralStorage?.Size,
    environment: input.Environment && (input.Environment.Variables ?? {}),
    layers: input.Layers,
    logging: input.LoggingConfig && {
      ...(input.LoggingConfig.LogFormat && { format: input.LoggingConfig.LogFormat }),
      ...(input.LoggingConfig.LogGroup && { group: input.LoggingConfig.LogGroup }),
      ...(input.LoggingConfig.ApplicationLogLevel && {
        applicationLevel: input.LoggingConfig.ApplicationLogLevel,
      }),
      ...(input.LoggingConfig.SystemLogLevel && {
        systemLevel: input.LoggingConfig.SystemLogLevel,
      }),
    },
    tracing: input.TracingConfig?.Mode,
    snapStart: input.SnapStart?.ApplyOn,
    deadLetterTarget: input.DeadLetterConfig?.TargetArn,
    vpc: input.VpcConfig && vpcOf(input.VpcConfig),
    fileSystems: input.FileSystemConfigs?.map((one) => ({
      arn: one.Arn,
      localMountPath: one.LocalMountPath,
    })),
    kmsKeyArn: input.KMSKeyArn,
    managed: input.CapacityProviderConfig && managedOf(input.CapacityProviderConfig),
  };
}

function managedOf({
  LambdaManagedInstancesCapacityProviderConfig: config,
}: CapacityProviderConfig): NonNullable<SettingsChange["managed"]> {
  const { PerExecutionEnvironmentMaxConcurrency: maxConcurrency } = config;
  return {
    providerArn: config.CapacityProviderArn,
    memoryGiBPerVCpu: config.ExecutionEnvironmentMemoryGiBPerVCpu ?? DEFAULT_GIB_PER_VCPU,
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
  };
}

const vpcOf = (vpc: VpcConfig): NonNullable<SettingsChange["vpc"]> => ({
  subnetIds: vpc.SubnetIds ?? [],
  securityGroupIds: vpc.SecurityGroupIds ?? [],
  ipv6: vpc.Ipv6AllowedForDualStack ?? false,
});

/** Where a function's or a layer's code comes from. */
export function codeOf(input: {
  readonly ZipFile?: Uint8Array | undefined;
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
  readonly S3ObjectVersion?: string | undefined;
}): CodeSource {
  const { ZipFile: zip, S3Bucket: bucket, S3Key: key, S3ObjectVersion: version } = input;
  if (bucket === undefined && key === undefined) return { zip };
  if (bucket === undefined || key === undefined)
    throw invalidParameter("S3Bucket and S3Key must be specified together.");
  return { zip, object: { bucket, key, version } };
}

/** The numbers of AWS's model are those of managed instances, which are larger. */
function checkNumber(member: string, value: number | undefined, max: number): void {
  if (value !== undefined && value > max)
    throw constraint(member, String(value), `Member must have value less than or equal to ${max}`);
}

/** A value that breaks a constraint, in the words in which the wire refuses it where the model knows the constraint. */
export const constraint = (
  member: string,
  value: string,
  rule: string,
  code = "ValidationException",
): AwsError =>
  new AwsError(
    code,
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`,
    { status: 400 },
  );

export const invalidParameter = (message: string): AwsError =>
  new AwsError("InvalidParameterValueException", message);

/** What would be promised and not kept is refused by name. */
const UNSUPPORTED = [
  "ImageConfig",
  "TenancyConfig",
  "DurableConfig",
  "RuntimeConfig",
  "AcceleratorConfig",
];

/** @throws AwsError where the input asks for what Yunque does not have. */
export function refuseUnsupported(input: object): void {
  const asked = UNSUPPORTED.filter((name) => Reflect.get(input, name) !== undefined);
  if (asked.length > 0)
    throw invalidParameter(
      `${asked.join(", ")} cannot be used here: Yunque does not support it yet.`,
    );
}
