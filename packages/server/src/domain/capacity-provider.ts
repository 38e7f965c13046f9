/**
 * Capacity providers, and what a function on one may be: AWS's "Lambda Managed Instances".
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
 */
import { YunqueError } from "./errors.ts";
import type { FunctionSettings, ManagedInstances } from "./function.ts";
import type { Scope } from "./scope.ts";

/** A capacity provider as it is kept. What names networks, roles and machines is stored and reported. */
export interface CapacityProvider {
  readonly name: string;
  readonly arn: string;
  readonly vpc: {
    readonly subnetIds: readonly string[];
    readonly securityGroupIds: readonly string[];
  };
  readonly operatorRoleArn: string;
  readonly requirements?: InstanceRequirements;
  readonly scaling: ProviderScaling;
  readonly kmsKeyArn?: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly propagateTags?: {
    readonly mode?: string;
    readonly explicit?: Readonly<Record<string, string>>;
  };
  readonly telemetry?: { readonly systemLogLevel?: string; readonly logGroup?: string };
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** It was deleted then: it is on its way out. */
  readonly deletedAt?: number;
}

/** Which machines AWS would take. */
export interface InstanceRequirements {
  readonly architectures?: readonly FunctionSettings["architecture"][];
  readonly allowed?: readonly string[];
  readonly excluded?: readonly string[];
}

export interface ProviderScaling {
  readonly maxVCpus: number;
  readonly mode: "Auto" | "Manual";
  readonly policies?: readonly { readonly metric: string; readonly target: number }[];
}

/** AWS's default of MaxVCpuCount. */
export const DEFAULT_MAX_VCPUS = 400;
/** Of an account in a region. */
export const MAX_PROVIDERS = 1_000;
export const MAX_VERSIONS_PER_PROVIDER = 100;
/** Where nobody says: as AWS. */
export const DEFAULT_MANAGED_MEMORY_MB = 2_048;
export const DEFAULT_GIB_PER_VCPU = 2;
/** What one instance runs at once, whoever says so. */
export const MOST_PER_INSTANCE = 1_600;
const LEAST_MEMORY_MB = 2_048;

/** Runtimes that run several invocations at once, and how many for each vCPU where the function does not say. */
const RUNTIMES: readonly (readonly [name: RegExp, perVCpu: number])[] = [
  [/^nodejs(2[2-9]|[3-9]\d)\.x$/, 64],
  [/^python3\.(1[3-9]|[2-9]\d)$/, 16],
  [/^java(2[1-9]|[3-9]\d)$/, 32],
  [/^dotnet([89]|\d\d)$/, 32],
  [/^provided\.al2023$/, 8],
];

/** Processors of one instance. */
export const vcpusOf = (memoryMB: number, { memoryGiBPerVCpu }: ManagedInstances): number =>
  memoryMB / 1_024 / memoryGiBPerVCpu;

/** How many invocations one instance runs at once, at most. */
export function mostAtOnce(
  { runtime, memoryMB }: Pick<FunctionSettings, "runtime" | "memoryMB">,
  managed: ManagedInstances,
): number {
  if (managed.maxConcurrency !== undefined) return managed.maxConcurrency;
  const [, perVCpu = 1] = RUNTIMES.find(([name]) => name.test(runtime)) ?? [];
  const all = Math.floor(perVCpu * vcpusOf(memoryMB, managed));
  return Math.min(MOST_PER_INSTANCE, Math.max(1, all));
}

/** @throws YunqueError `InvalidFunction` where a function on a capacity provider is what none may be. */
export function checkManaged(settings: FunctionSettings): void {
  const { managed, runtime, memoryMB, snapStart, logging, vpc } = settings;
  if (managed === undefined) return;
  if (!RUNTIMES.some(([name]) => name.test(runtime)))
    throw invalid(`Runtime ${runtime} is not supported for functions with a capacity provider.`);
  if (memoryMB < LEAST_MEMORY_MB)
    throw invalid(
      `MemorySize must be at least ${LEAST_MEMORY_MB} MB for functions with a capacity provider.`,
    );
  if (vcpusOf(memoryMB, managed) < 1)
    throw invalid(
      `MemorySize ${memoryMB} with ExecutionEnvironmentMemoryGiBPerVCpu ${managed.memoryGiBPerVCpu} is less than one vCPU, which functions with a capacity provider need.`,
    );
  if (snapStart === "PublishedVersions")
    throw invalid("SnapStart is not supported for functions with a capacity provider.");
  if (logging.format !== "JSON")
    throw invalid("LogFormat must be JSON for functions with a capacity provider.");
  if (vpc !== undefined && (vpc.subnetIds.length > 0 || vpc.securityGroupIds.length > 0))
    throw invalid(
      "VpcConfig is not supported for functions with a capacity provider: the capacity provider has it.",
    );
}

/** @throws YunqueError `InvalidFunction` where a provider could not be. */
export function checkProvider({ requirements, scaling }: CapacityProvider): void {
  if (requirements?.allowed?.length && requirements.excluded?.length)
    throw invalid("AllowedInstanceTypes and ExcludedInstanceTypes cannot be specified together.");
  if ((requirements?.architectures?.length ?? 0) > 1)
    throw invalid("Only one architecture can be specified for a capacity provider.");
  const policies = scaling.policies?.length ?? 0;
  if (scaling.mode === "Auto" && policies > 0)
    throw invalid("ScalingPolicies can be specified with ScalingMode Manual only.");
  if (scaling.mode === "Manual" && policies === 0)
    throw invalid("ScalingPolicies must be specified with ScalingMode Manual.");
}

/** The architecture of its instances. */
export const architectureOf = ({
  requirements,
}: CapacityProvider): FunctionSettings["architecture"] =>
  requirements?.architectures?.[0] ?? "x86_64";

export type ProviderState = "Pending" | "Active" | "Deleting" | "gone";

/** Where it stands at a moment: coming and going take it `settleMs` each. */
export function providerState(
  { createdAt, deletedAt }: CapacityProvider,
  now: number,
  settleMs: number,
): ProviderState {
  if (deletedAt !== undefined) return now < deletedAt + settleMs ? "Deleting" : "gone";
  return now < createdAt + settleMs ? "Pending" : "Active";
}

const REFERENCE =
  /^(?:arn:aws[a-zA-Z-]*:lambda:([a-z0-9-]+):(\d{12}):capacity-provider:)?([a-zA-Z0-9-_]{1,140})$/;

/** The name that a name or an ARN stands for; undefined where it is another account's or region's. */
export function providerNameOf(text: string, { account, region }: Scope): string | undefined {
  const [, theirRegion = region, theirAccount = account, name] = REFERENCE.exec(text) ?? [];
  return theirRegion === region && theirAccount === account ? name : undefined;
}

const invalid = (message: string): YunqueError => new YunqueError("InvalidFunction", message);
