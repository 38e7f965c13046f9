/** For tests: an executor with real processes, functions from source texts, and logs in memory. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Deployment } from "../domain/deployment.ts";
import type { Invocation, InvocationResult } from "../domain/invocation.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import type { Executor } from "../ports/executor.ts";
import type { LogLine } from "../ports/logs.ts";
import {
  createExecutor,
  customRuntime,
  type ExecutorLimits,
  nodeRuntime,
  processSandbox,
} from "./index.ts";
import type { LanguageRuntime } from "./language.ts";

const SDK = fileURLToPath(new URL("../../../aws-sdk", import.meta.url));

/** The bootstrap is built once for all tests of a file. */
const built = mkdtempSync(join(tmpdir(), "yunque-bootstrap-"));
process.once("exit", () => rmSync(built, { recursive: true, force: true }));
const custom = customRuntime({ directory: built });
/**
 * The same suites on another Node.js: the directory of installed versions (`yunque runtimes install` makes it), and the
 * name of the runtime that functions have where a test does not say.
 */
const { TEST_NODE_INSTALLED: installed = "", TEST_NODE_RUNTIME: usual = "nodejs22.x" } =
  process.env;
const node = custom.extending(
  nodeRuntime({ directory: built, sdk: SDK, ...(installed ? { installed } : {}) }),
);

/** What a test hands to deploy(): files by name, or the text of index.js. */
export type Files = Readonly<Record<string, string>> | string;

/** Functions, and what runs them; ends with the test. */
export interface Bench extends AsyncDisposable {
  readonly executor: Executor;
  /** Every line, with its log stream. */
  readonly lines: (LogLine & { readonly stream: string })[];
  /** A directory of this test alone. */
  readonly directory: string;
  /** A deployment of these files. Default: nodejs22.x, index.handler, 256 MB, 10 s. */
  deploy(files: Files, changes?: Partial<Deployment>): Promise<Deployment>;
  /** Stores files as a package, for example for a layer. */
  store(files: Files): Promise<string>;
  invoke(deployment: Deployment, event?: unknown, changes?: Partial<Invocation>): Promise<Told>;
}

/** A result with its payload and log made readable. */
export interface Told {
  readonly value: unknown;
  readonly failed: boolean;
  readonly log: string;
  readonly result: InvocationResult;
}

/** What a test may want otherwise. */
export interface BenchOptions {
  readonly limits?: Partial<ExecutorLimits>;
  readonly clock?: Clock;
  /** Default: Node.js and custom runtimes. */
  readonly languages?: readonly LanguageRuntime[];
}

/** Opens one on a temporary directory of its own. */
export async function openBench({
  limits,
  clock = systemClock,
  languages = [node, custom],
}: BenchOptions = {}): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-runtimes-"));
  const lines: (LogLine & { stream: string })[] = [];
  const packages = join(directory, "packages");
  const executor = createExecutor({
    packages: { directory: async (id) => join(packages, id) },
    logs: {
      append: (_group, stream, added) => void lines.push(...added.map((l) => ({ ...l, stream }))),
    },
    clock,
    sandbox: processSandbox,
    languages,
    endpoint: () => "http://127.0.0.1:4566",
    directory: join(directory, "data"),
    ...(limits ? { limits } : {}),
  });

  const store = async (files: Files): Promise<string> => {
    const id = randomUUID();
    const all = typeof files === "string" ? { "index.js": files } : files;
    await Promise.all(
      Object.entries(all).map(async ([name, text]) => {
        const path = join(packages, id, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
      }),
    );
    return id;
  };

  return {
    executor,
    lines,
    directory,
    store,
    deploy: async (files, changes = {}) => ({ ...plainDeployment(await store(files)), ...changes }),
    invoke: async (deployment, event = {}, changes = {}) =>
      told(await executor.invoke(deployment, invocation(event, changes))),
    async [Symbol.asyncDispose]() {
      await executor.close(0);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** An invocation with this event. */
export const invocation = (event: unknown = {}, changes: Partial<Invocation> = {}): Invocation => ({
  requestId: randomUUID(),
  kind: "sync",
  payload: Buffer.from(JSON.stringify(event)),
  invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:hello:live",
  traceId: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
  ...changes,
});

/** Reads a result. */
export function told(result: InvocationResult): Told {
  return {
    value: JSON.parse(Buffer.from(result.payload).toString()),
    failed: result.functionError !== undefined,
    log: Buffer.from(result.logTail).toString(),
    result,
  };
}

/** Resolves once the condition holds; a test whose condition never does runs into its own timeout. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A small Node.js function with this package of code. */
export const plainDeployment = (code: string): Deployment => ({
  id: randomUUID(),
  account: "000000000000",
  region: "us-east-1",
  functionName: "hello",
  version: "$LATEST",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:hello",
  runtime: usual,
  handler: "index.handler",
  architecture: "x86_64",
  memoryMB: 256,
  timeoutSeconds: 10,
  ephemeralStorageMB: 512,
  environment: {},
  logGroup: "/aws/lambda/hello",
  logFormat: "Text",
  code,
  layers: [],
  tracing: "PassThrough",
  snapStart: false,
  network: "host",
});
