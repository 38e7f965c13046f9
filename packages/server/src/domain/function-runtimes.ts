/** Lambda's runtime identifiers: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
import { partitionOf } from "./function-name.ts";

/** What CreateFunction accepts, in the order in which AWS's own refusal lists it. */
export const RUNTIMES: readonly string[] = [
  "nodejs20.x",
  "python3.14",
  "provided.al2023",
  "python3.12",
  "python3.13",
  "nodejs24.x",
  "nodejs22.x",
  "java25",
  "python3.10",
  "python3.11",
  "java21",
  "ruby3.3",
  "ruby3.4",
  "ruby3.2",
  "python3.8",
  "python3.9",
  "java17",
  "nodejs16.x",
  "dotnet10",
  "dotnet8",
  "java11",
  "dotnet6",
  "nodejs18.x",
  "provided.al2",
  "java8.al2",
];

const DEPRECATED: ReadonlySet<string> = new Set([
  "nodejs",
  "nodejs4.3",
  "nodejs4.3-edge",
  "nodejs6.10",
  "nodejs8.10",
  "nodejs10.x",
  "nodejs12.x",
  "nodejs14.x",
  "java8",
  "python2.7",
  "python3.6",
  "python3.7",
  "dotnetcore1.0",
  "dotnetcore2.0",
  "dotnetcore2.1",
  "dotnetcore3.1",
  "go1.x",
  "ruby2.5",
  "ruby2.7",
  "provided",
]);

const SNAP_START = /^(java(11|17|21|25)|python3\.1[2-4]|dotnet(8|10))$/;

/** What AWS says to a runtime identifier. */
export type RuntimeStanding = "current" | "deprecated" | "unknown";

export function runtimeStanding(runtime: string): RuntimeStanding {
  if (RUNTIMES.includes(runtime)) return "current";
  return DEPRECATED.has(runtime) ? "deprecated" : "unknown";
}

/**
 * AWS's RuntimeVersionArn: it names what really runs, for example
 * `arn:aws:lambda:us-east-1::runtime:nodejs-26.10.0-x86_64-0123456789abcdef` for nodejs22.x on the nearest Node.js.
 * `version` is for example nodejs:26.10.0, `hash` that of the runtime's own code.
 */
export function runtimeVersionArn(
  region: string,
  architecture: string,
  { version, hash }: { readonly version: string; readonly hash: string },
): string {
  const name = `${version.replace(":", "-")}-${architecture}-${hash.slice(0, 16)}`;
  return `arn:${partitionOf(region)}:lambda:${region}::runtime:${name}`;
}

/** Whether SnapStart may be switched on for functions of this runtime. */
export function supportsSnapStart(runtime: string): boolean {
  return SNAP_START.test(runtime);
}

/** The program that a machine must bring for functions of this runtime; it is also what apt-get calls the package. */
export function programOf(runtime: string): string | undefined {
  return runtime.startsWith("python") ? "python3" : undefined;
}
