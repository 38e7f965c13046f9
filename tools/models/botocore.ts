import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { BOTOCORE_VERSION } from "./services.ts";

/** `service-2.json` of botocore, as far as the wire needs it. */
export interface SourceModel {
  readonly metadata: SourceMetadata;
  readonly operations: Readonly<Record<string, SourceOperation>>;
  readonly shapes: Readonly<Record<string, SourceShape>>;
}
export interface SourceMetadata {
  readonly apiVersion: string;
  readonly endpointPrefix: string;
  readonly protocol: string;
  readonly protocols?: readonly string[];
  readonly jsonVersion?: string;
  readonly serviceId?: string;
  readonly signingName?: string;
  readonly targetPrefix?: string;
  readonly uid?: string;
  readonly xmlNamespace?: string | SourceNamespace;
  readonly awsQueryCompatible?: object;
  /** Ours, set by a patch. */
  readonly constraints?: "required";
}
export interface SourceOperation {
  readonly name: string;
  readonly http?: {
    readonly method?: string;
    readonly requestUri?: string;
    readonly responseCode?: number;
  };
  readonly input?: { readonly shape: string };
  readonly output?: {
    readonly shape: string;
    readonly resultWrapper?: string;
    readonly locationName?: string;
  };
  readonly errors?: readonly { readonly shape: string }[];
  readonly deprecated?: boolean;
}
export interface SourceShape {
  readonly type: string;
  readonly members?: Readonly<Record<string, SourceReference>>;
  readonly member?: SourceReference;
  readonly key?: SourceReference;
  readonly value?: SourceReference;
  readonly required?: readonly string[];
  readonly payload?: string;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly union?: boolean;
  readonly document?: boolean;
  readonly sparse?: boolean;
  readonly flattened?: boolean;
  readonly streaming?: boolean;
  readonly eventstream?: boolean;
  readonly event?: boolean;
  readonly sensitive?: boolean;
  readonly timestampFormat?: string;
  readonly locationName?: string;
  readonly xmlNamespace?: string | SourceNamespace;
  readonly exception?: boolean;
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number };
  readonly fault?: boolean;
}
export interface SourceReference {
  readonly shape: string;
  readonly location?: string;
  readonly locationName?: string;
  readonly flattened?: boolean;
  readonly xmlAttribute?: boolean;
  readonly streaming?: boolean;
  readonly jsonvalue?: boolean;
  readonly eventpayload?: boolean;
  readonly eventheader?: boolean;
  readonly timestampFormat?: string;
  readonly xmlNamespace?: string | SourceNamespace;
}
export interface SourceNamespace {
  readonly uri: string;
  readonly prefix?: string;
}

/** Reads the newest version of a service's model below botocore's `data` directory, plain or gzipped. */
export function readSourceModel(data: string, service: string): SourceModel {
  const version = readdirSync(join(data, service)).sort().at(-1);
  if (version === undefined) throw new Error(`no model of ${service} in ${data}`);
  const path = join(data, service, version, "service-2.json");
  const text = existsSync(path)
    ? readFileSync(path, "utf8")
    : gunzipSync(readFileSync(`${path}.gz`)).toString("utf8");
  return JSON.parse(text) as SourceModel;
}

/** Calls back with botocore's `data` directory: the given one, or that of the pinned release, fetched with pip. */
export function withBotocore<T>(from: string | undefined, use: (data: string) => T): T {
  if (from !== undefined)
    return use(existsSync(join(from, "botocore")) ? join(from, "botocore/data") : from);
  const directory = mkdtempSync(join(tmpdir(), "yunque-models-"));
  try {
    const wheel = `botocore==${BOTOCORE_VERSION}`;
    run("pip", ["download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", directory, wheel]);
    const file = readdirSync(directory).find((name) => name.endsWith(".whl"));
    if (file === undefined) throw new Error(`pip brought no wheel of ${wheel}`);
    run("python3", ["-m", "zipfile", "-e", join(directory, file), directory]);
    return use(join(directory, "botocore/data"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined) throw new Error(`${command} cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
}
