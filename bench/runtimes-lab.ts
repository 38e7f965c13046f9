/** The runtimes alone, without HTTP, services or disk engines: for figures of instances. */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Deployment } from "../packages/server/src/domain/deployment.ts";
import type { InvocationResult } from "../packages/server/src/domain/invocation.ts";
import { systemClock } from "../packages/server/src/ports/clock.ts";
import type { Executor } from "../packages/server/src/ports/executor.ts";
import {
  chooseSandbox,
  createExecutor,
  type ExecutorLimits,
  nodeRuntime,
} from "../packages/server/src/runtimes/index.ts";
import type { Tier } from "../packages/server/src/runtimes/sandboxes/index.ts";

const SDK = resolve(import.meta.dirname, "../packages/aws-sdk");

export interface Lab extends AsyncDisposable {
  readonly executor: Executor;
  /** Log lines that came so far; they are counted and thrown away. */
  readonly lines: number;
  /** Stores files as a package. */
  store(files: Readonly<Record<string, string>>): Promise<string>;
  /** A new deployment of a package: its first invocation is a cold one. */
  deployment(code: string): Deployment;
  invoke(deployment: Deployment, event?: unknown): Promise<InvocationResult>;
}

export interface LabOptions {
  /** Default: none, an ordinary process. */
  readonly tier?: Tier | "auto";
  readonly limits?: Partial<ExecutorLimits>;
}

/** Opens one on a temporary directory, which goes with it. */
export async function openLab({ tier = "none", limits = {} }: LabOptions = {}): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-lab-"));
  const { sandbox } = await chooseSandbox({ tier, directory: join(directory, "sandbox") });
  const ownFilesystem = sandbox.ownFilesystem === true;
  let lines = 0;
  const executor = createExecutor({
    packages: { directory: async (id) => join(directory, "packages", id) },
    logs: {
      append: (_group, _stream, added) => {
        for (const { message } of added) if (message.length > 0) lines++;
      },
    },
    clock: systemClock,
    sandbox,
    languages: [nodeRuntime({ directory: join(directory, "runtimes"), sdk: SDK, ownFilesystem })],
    endpoint: () => "http://127.0.0.1:4566",
    directory: join(directory, "data"),
    limits: { requestRate: 0, ...limits },
  });
  const encoder = new TextEncoder();
  return {
    executor,
    get lines() {
      return lines;
    },
    async store(files) {
      const id = randomUUID();
      await mkdir(join(directory, "packages", id), { recursive: true });
      for (const [name, text] of Object.entries(files))
        await writeFile(join(directory, "packages", id, name), text);
      return id;
    },
    deployment,
    invoke: (one, event = {}) =>
      executor.invoke(one, {
        requestId: randomUUID(),
        kind: "sync",
        payload: encoder.encode(JSON.stringify(event)),
        invokedFunctionArn: one.functionArn,
        traceId: "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
      }),
    async [Symbol.asyncDispose]() {
      await executor.close(0);
      sandbox.close?.();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const deployment = (code: string): Deployment => ({
  id: randomUUID(),
  account: "000000000000",
  region: "us-east-1",
  functionName: "bench",
  version: "$LATEST",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:bench",
  runtime: "nodejs24.x",
  handler: "index.handler",
  architecture: "x86_64",
  memoryMB: 512,
  timeoutSeconds: 10,
  ephemeralStorageMB: 512,
  environment: {},
  logGroup: "/aws/lambda/bench",
  logFormat: "Text",
  code,
  layers: [],
  tracing: "PassThrough",
  snapStart: false,
  network: "host",
});
