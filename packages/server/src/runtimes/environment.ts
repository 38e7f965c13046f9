/** The environment of a handler: what Lambda documents, what the function's configuration adds, and nothing of ours. */
import { join } from "node:path";
import type { Deployment } from "../domain/deployment.ts";

/** Where an instance finds its files; without a sandbox these are not /var/task, /opt and /tmp. */
export interface Places {
  readonly taskRoot: string;
  readonly layers: string;
  readonly scratch: string;
  /** A directory for its compiled code. */
  readonly codeCache: string;
}

/** Whom the SDK clients of a handler act as. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What the environment of a handler is made of. */
export interface EnvironmentParts {
  readonly deployment: Deployment;
  readonly places: Places;
  readonly credentials: Credentials;
  readonly logStream: string;
  /** Where unchanged AWS SDKs find the platform, for example http://127.0.0.1:4566. */
  readonly endpoint: string;
  /** Where they send what they trace, for example 127.0.0.1:2000. */
  readonly traceDaemon?: string | undefined;
  /** What the language's runtime sets besides. */
  readonly language: Readonly<Record<string, string>>;
  /** Where the language's own programs lie. */
  readonly programs: string;
}

/** The handler's whole environment. What is reserved cannot be set by the configuration: it is written last. */
export function handlerEnvironment(parts: EnvironmentParts): Record<string, string> {
  const { deployment, places, credentials, language } = parts;
  return {
    AWS_ENDPOINT_URL: parts.endpoint,
    TZ: ":UTC",
    LANG: "en_US.UTF-8",
    PATH: [parts.programs, "/usr/local/bin", "/usr/bin", "/bin", join(places.layers, "bin")].join(
      ":",
    ),
    LD_LIBRARY_PATH: libraryPath(places),
    TMPDIR: places.scratch,
    PWD: places.taskRoot,
    ...language,
    ...translated(deployment.environment, places),
    _HANDLER: deployment.handler,
    AWS_REGION: deployment.region,
    AWS_DEFAULT_REGION: deployment.region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_EXECUTION_ENV: `AWS_Lambda_${deployment.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: deployment.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: deployment.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(deployment.memoryMB),
    AWS_LAMBDA_LOG_GROUP_NAME: deployment.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: parts.logStream,
    AWS_LAMBDA_INITIALIZATION_TYPE: initializationType(deployment),
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    ...daemonSettings(parts.traceDaemon),
    ...(deployment.sharing && { AWS_LAMBDA_MAX_CONCURRENCY: String(deployment.sharing.most) }),
    LAMBDA_TASK_ROOT: places.taskRoot,
    ...logSettings(deployment),
  };
}

/** Lambda's name for how an instance comes about. */
export function initializationType({ snapStart, provisioned, sharing }: Deployment): string {
  if (sharing) return "lambda-managed-instances";
  return provisioned ? "provisioned-concurrency" : snapStart ? "snap-start" : "on-demand";
}

/** As Lambda names the X-Ray daemon's address. */
function daemonSettings(address: string | undefined): Record<string, string> {
  if (address === undefined) return {};
  const colon = address.lastIndexOf(":");
  return {
    AWS_XRAY_DAEMON_ADDRESS: address,
    _AWS_XRAY_DAEMON_ADDRESS: address.slice(0, colon),
    _AWS_XRAY_DAEMON_PORT: address.slice(colon + 1),
  };
}

/** What a process reads only when it starts: these must be there before it is told what to become. */
export function startEnvironment(whole: Readonly<Record<string, string>>): Record<string, string> {
  const early = /^(NODE_|LD_|UV_|MALLOC_|OPENSSL_|SSL_|PYTHON(?!PATH$))|^(PATH|TZ|LANG|LC_ALL)$/;
  return Object.fromEntries(Object.entries(whole).filter(([name]) => early.test(name)));
}

/** Lambda: with JSON logs the level starts at INFO, unless the configuration says otherwise. */
function logSettings({ logFormat, logLevel = "INFO" }: Deployment): Record<string, string> {
  return logFormat === "JSON"
    ? { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: logLevel }
    : {};
}

/** Options, module paths and wrappers name files of the package or a layer by Lambda's paths. */
function translated(
  environment: Readonly<Record<string, string>>,
  places: Places,
): Record<string, string> {
  const result = { ...environment };
  for (const name of ["NODE_OPTIONS", "PYTHONPATH", "AWS_LAMBDA_EXEC_WRAPPER"]) {
    const value = result[name];
    if (value !== undefined) result[name] = lambdaPaths(value, places);
  }
  return result;
}

const lambdaPaths = (text: string, { taskRoot, layers }: Places): string =>
  text.replace(
    /(^|[\s=:"'])\/(var\/task|opt)(?=[/:]|$)/g,
    (_all, before: string, which: string) => {
      return before + (which === "opt" ? layers : taskRoot);
    },
  );

const libraryPath = ({ taskRoot, layers }: Places): string =>
  [taskRoot, join(taskRoot, "lib"), join(layers, "lib")].join(":");
