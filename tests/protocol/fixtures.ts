/**
 * The protocol suites of Smithy, as botocore's source distribution carries them. They are fetched with pip into
 * `.cache/` once; where pip or its index cannot be had, the tests are skipped.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceMetadata, SourceOperation, SourceShape } from "../../tools/models/botocore.ts";
import { BOTOCORE_VERSION } from "../../tools/models/services.ts";

export interface Suite {
  readonly description: string;
  readonly metadata: SourceMetadata;
  readonly shapes: Readonly<Record<string, SourceShape>>;
  readonly cases: readonly Case[];
}

export interface Case {
  readonly id: string;
  readonly given: SourceOperation;
  /** Of input suites. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly serialized?: {
    readonly method: string;
    readonly uri: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  /** Of output suites. */
  readonly result?: Readonly<Record<string, unknown>>;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly error?: Readonly<Record<string, unknown>>;
  readonly response?: {
    readonly status_code: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
}

const CACHE = join(import.meta.dirname, "../../.cache");
const NAME = `botocore-${BOTOCORE_VERSION}`;
const SUITES = "tests/unit/protocols";

/** The directory of the suites, or why it cannot be had. */
export function fetchSuites(): { readonly directory: string } | { readonly missing: string } {
  const directory = join(CACHE, NAME, SUITES);
  if (existsSync(directory)) return { directory };
  mkdirSync(CACHE, { recursive: true });
  const download = [
    "download",
    "--quiet",
    "--no-deps",
    "--no-binary",
    ":all:",
    "--retries",
    "0",
    "--timeout",
    "10",
  ];
  const missing =
    run("pip", [...download, "-d", CACHE, `botocore==${BOTOCORE_VERSION}`]) ??
    run("tar", ["-xzf", join(CACHE, `${NAME}.tar.gz`), "-C", CACHE, `${NAME}/${SUITES}`]);
  return missing === undefined ? { directory } : { missing };
}

function run(command: string, args: readonly string[]): string | undefined {
  const { status, error } = spawnSync(command, args, { stdio: "ignore", timeout: 120_000 });
  if (error !== undefined) return `${command} cannot be run (${error.message})`;
  return status === 0
    ? undefined
    : `${command} ended with ${status}: botocore's source is out of reach`;
}

/** The suites of one protocol and direction: `rest-json`, `input`. */
export function readSuites(
  directory: string,
  side: "input" | "output",
  protocol: string,
): readonly Suite[] {
  return JSON.parse(readFileSync(join(directory, side, `${protocol}.json`), "utf8")) as Suite[];
}
