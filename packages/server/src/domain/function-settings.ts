/** The rules of a function's configuration that AWS's model does not say. Pure: numbers and words, no world. */
import { createHash } from "node:crypto";
import { checkManaged } from "./capacity-provider.ts";
import { YunqueError } from "./errors.ts";
import type { FunctionCode, FunctionSettings, LoggingSettings } from "./function.ts";
import { MAX_ENVIRONMENT_BYTES, MAX_UNPACKED_BYTES } from "./function-limits.ts";
import { RUNTIMES, runtimeStanding, supportsSnapStart } from "./function-runtimes.ts";

/** Environment variables that Lambda sets itself: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const RESERVED_VARIABLES: ReadonlySet<string> = new Set([
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_DEFAULT_REGION",
  "AWS_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_RUNTIME_API",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
]);

/**
 * Checks what a function is about to be.
 * @throws YunqueError `InvalidFunction` in AWS's words.
 */
export function checkSettings(settings: FunctionSettings): void {
  checkRuntime(settings.runtime);
  checkManaged(settings);
  if (settings.snapStart === "PublishedVersions" && !supportsSnapStart(settings.runtime))
    throw invalid(`${settings.runtime} is not supported for SnapStart enabled functions.`);
  if (settings.environment !== undefined) checkEnvironment(settings.environment);
  if (settings.deadLetterTarget !== undefined) checkDeadLetterTarget(settings.deadLetterTarget);
}

/** Lambda: "an Amazon SQS queue or Amazon SNS topic". */
function checkDeadLetterTarget(arn: string): void {
  const service = arn.split(":")[2] ?? "";
  if (service !== "sqs" && service !== "sns")
    throw invalid(
      `Invalid dead letter queue ARN: ${arn}. The target must be an Amazon SQS queue or an Amazon SNS topic.`,
    );
}

/** @throws YunqueError `InvalidFunction` unless AWS accepts the runtime today. */
export function checkRuntime(runtime: string): void {
  switch (runtimeStanding(runtime)) {
    case "current":
      return;
    case "deprecated":
      throw invalid(
        `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
      );
    case "unknown":
      throw invalid(
        `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${RUNTIMES.join(", ")}] or be a valid ARN`,
      );
  }
}

function checkEnvironment(variables: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(variables).filter((name) => RESERVED_VARIABLES.has(name));
  if (reserved.length > 0)
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  const measured = JSON.stringify(variables);
  if (new TextEncoder().encode(measured).length > MAX_ENVIRONMENT_BYTES)
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${measured}`,
    );
}

/** @throws YunqueError `InvalidFunction` where code and layers are too large together, unpacked. */
export function checkUnpackedSize(code: number, settings: FunctionSettings): void {
  const total = settings.layers.reduce((sum, layer) => sum + layer.unpackedSize, code);
  if (total > MAX_UNPACKED_BYTES)
    throw invalid(
      `Function code combined with layers exceeds the maximum allowed size of ${MAX_UNPACKED_BYTES} bytes. The actual size is ${total} bytes.`,
    );
}

/** What a caller says of logging, over what was there before. Switching to Text forgets the levels. */
export function mergeLogging(
  before: LoggingSettings,
  change: {
    readonly format?: LoggingSettings["format"] | undefined;
    readonly group?: string | undefined;
    readonly applicationLevel?: string | undefined;
    readonly systemLevel?: string | undefined;
  },
): LoggingSettings {
  const format = change.format ?? before.format;
  const group = change.group ?? before.group;
  if (format === "Text") return { format, group };
  return {
    format,
    group,
    applicationLevel: change.applicationLevel ?? before.applicationLevel ?? "INFO",
    systemLevel: change.systemLevel ?? before.systemLevel ?? "INFO",
  };
}

/**
 * A text that is the same for the same code and settings: publishing what was published already answers the version
 * that there is. Lambda: PublishVersion "doesn't publish a version if the code and configuration haven't changed".
 */
export function fingerprintOf(settings: FunctionSettings, code: FunctionCode): string {
  return createHash("sha256").update(canonical({ settings, code })).digest("hex");
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function invalid(message: string): YunqueError {
  return new YunqueError("InvalidFunction", message);
}
