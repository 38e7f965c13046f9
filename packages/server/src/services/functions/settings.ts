/** A function's settings from what a caller says of them. */
import { DEFAULT_MANAGED_MEMORY_MB } from "../../domain/capacity-provider.ts";
import type { Deployment } from "../../domain/deployment.ts";
import type {
  FunctionSettings,
  LayerUse,
  LoggingSettings,
  ManagedInstances,
  VpcSettings,
} from "../../domain/function.ts";
import { mergeLogging } from "../../domain/function-settings.ts";

/** What a caller says; what is absent stays as it was. An empty text for an ARN takes it away. */
export interface SettingsChange {
  readonly description?: string | undefined;
  readonly role?: string | undefined;
  readonly runtime?: string | undefined;
  readonly handler?: string | undefined;
  readonly memoryMB?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly ephemeralStorageMB?: number | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** ARNs of layer versions. */
  readonly layers?: readonly string[] | undefined;
  readonly logging?: Partial<LoggingSettings> | undefined;
  readonly tracing?: Deployment["tracing"] | undefined;
  readonly snapStart?: FunctionSettings["snapStart"] | undefined;
  readonly deadLetterTarget?: string | undefined;
  readonly vpc?: VpcSettings | undefined;
  readonly fileSystems?: FunctionSettings["fileSystems"] | undefined;
  readonly kmsKeyArn?: string | undefined;
  /** Puts it on a capacity provider. */
  readonly managed?: ManagedInstances | undefined;
}

/** Lambda's defaults; `managed`: on a capacity provider. */
export function defaultSettings(
  name: string,
  architecture: Deployment["architecture"],
  managed?: ManagedInstances,
): FunctionSettings {
  return {
    description: "",
    role: "",
    runtime: "",
    handler: "",
    architecture,
    memoryMB: managed === undefined ? 128 : DEFAULT_MANAGED_MEMORY_MB,
    timeoutSeconds: 3,
    ephemeralStorageMB: 512,
    layers: [],
    logging: { format: "Text", group: `/aws/lambda/${name}` },
    tracing: "PassThrough",
    snapStart: "None",
  };
}

/** The settings after a change. `layers`: what the ARNs of the change stand for, absent where it names none. */
export function applySettings(
  before: FunctionSettings,
  change: SettingsChange,
  layers: readonly LayerUse[] | undefined,
): FunctionSettings {
  const { environment, deadLetterTarget, vpc, fileSystems, kmsKeyArn, ...others } = before;
  const { managed: managedBefore, ...required } = others;
  const managed = change.managed ?? managedBefore;
  // Lambda: functions on capacity providers always have JSON logs.
  const logging =
    managed === undefined ? change.logging : { format: "JSON" as const, ...change.logging };
  return {
    ...required,
    description: change.description ?? before.description,
    role: change.role ?? before.role,
    runtime: change.runtime ?? before.runtime,
    handler: change.handler ?? before.handler,
    memoryMB: change.memoryMB ?? before.memoryMB,
    timeoutSeconds: change.timeoutSeconds ?? before.timeoutSeconds,
    ephemeralStorageMB: change.ephemeralStorageMB ?? before.ephemeralStorageMB,
    layers: layers ?? before.layers,
    logging: mergeLogging(before.logging, logging ?? {}),
    tracing: change.tracing ?? before.tracing,
    snapStart: change.snapStart ?? before.snapStart,
    ...present("environment", change.environment ?? environment),
    ...present("deadLetterTarget", (change.deadLetterTarget ?? deadLetterTarget) || undefined),
    ...present("vpc", change.vpc ?? vpc),
    ...present("fileSystems", notEmpty(change.fileSystems ?? fileSystems)),
    ...present("kmsKeyArn", (change.kmsKeyArn ?? kmsKeyArn) || undefined),
    ...present("managed", managed),
  };
}

function notEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

/** A member that is there, or none at all: records and answers hold no undefined. */
function present<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
}
