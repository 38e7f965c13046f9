import type { FunctionNetwork } from "./function-network.ts";

/** How much one instance of a function on a capacity provider takes on. */
export interface InstanceSharing {
  /** ARN of the capacity provider. */
  readonly provider: string;
  /** Invocations at once, at most. */
  readonly most: number;
  /** Processors that it has. */
  readonly vcpus: number;
}

/**
 * Everything that an instance of one function version needs, frozen at deploy. A change of code or configuration
 * makes a new deployment; the old one's instances finish what they run and are retired.
 */
export interface Deployment {
  /** Unique per function version and revision. Instances are pooled by it. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  /** `$LATEST`, `$LATEST.PUBLISHED` or a number. */
  readonly version: string;
  /** Without qualifier. */
  readonly functionArn: string;
  /** For example nodejs22.x. */
  readonly runtime: string;
  /** For example index.handler. */
  readonly handler: string;
  readonly architecture: "x86_64" | "arm64";
  readonly memoryMB: number;
  readonly timeoutSeconds: number;
  readonly ephemeralStorageMB: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroup: string;
  readonly logFormat: "Text" | "JSON";
  /** Least level of what the code logs in JSON: TRACE, DEBUG, INFO, WARN, ERROR, FATAL. Absent: INFO. */
  readonly logLevel?: string;
  /** Least level of the platform's own lines in JSON: DEBUG, INFO, WARN. Absent: INFO. */
  readonly systemLogLevel?: string;
  /** Package of the function's code, as `Packages` stored it: becomes /var/task. */
  readonly code: string;
  /** Packages of its layers in the order of the configuration: become /opt, later ones over earlier ones. */
  readonly layers: readonly string[];
  readonly tracing: "Active" | "PassThrough";
  /** Its instances are initialised ahead of time, and restored when they are needed. */
  readonly snapStart: boolean;
  /** Its instances are kept initialised for provisioned concurrency. */
  readonly provisioned?: true;
  /** Each of its instances runs several invocations at once; absent: one. */
  readonly sharing?: InstanceSharing;
  /** What it reaches of the network: the stricter of the platform's setting and its own. */
  readonly network: FunctionNetwork;
}
