/** Functions in Node.js. Every version that Lambda names runs on the Node.js that the platform itself runs on. */
import { dirname, join } from "node:path";
import type { Deployment } from "../../../domain/deployment.ts";
import type { Places } from "../../environment.ts";
import type { LanguageRuntime, PreparedRuntime } from "../../language.ts";
import { type Bootstrap, buildBootstrap } from "./build.ts";

/** What Node.js functions need of the machine. */
export interface NodeOptions {
  /** Where the bootstrap is kept. */
  readonly directory: string;
  /** A directory from which the AWS SDK for JavaScript can be resolved. */
  readonly sdk: string;
}

const NAMES = ["16", "18", "20", "22", "24", "26"].map((major) => `nodejs${major}.x`);

/** The Node.js runtimes; builds the bootstrap when first asked. */
export function nodeRuntime({ directory, sdk }: NodeOptions): LanguageRuntime {
  let prepared: Promise<PreparedRuntime> | undefined;
  return {
    names: new Set(NAMES),
    prepare() {
      prepared ??= buildBootstrap(join(directory, "node")).then((bootstrap) => describe(bootstrap, sdk));
      return prepared;
    },
  };
}

function describe(bootstrap: Bootstrap, sdk: string): PreparedRuntime {
  return {
    version: `nodejs:${process.versions.node}`,
    hash: bootstrap.hash,
    programs: dirname(process.execPath),
    modules: sdk,
    command: (deployment) => ({
      command: process.execPath,
      args: [...heapFlags(deployment), bootstrap.main],
    }),
    environment: (deployment, places) => ({ NODE_PATH: nodePath(deployment, places, sdk) }),
  };
}

/** V8 must give up before the function's memory does: as in Lambda, 90 % for what lives long, 5 % for what is young. */
function heapFlags({ memoryMB }: Deployment): string[] {
  const young = Math.max(1, Math.floor(memoryMB * 0.05));
  return [
    `--max-old-space-size=${Math.floor(memoryMB * 0.9)}`,
    `--max-semi-space-size=${Math.min(64, young)}`,
  ];
}

/** Lambda: /opt/nodejs/nodeNN/node_modules, /opt/nodejs/node_modules, the runtime's own, /var/task. */
function nodePath({ runtime }: Deployment, { layers, taskRoot }: Places, sdk: string): string {
  const major = /^nodejs(\d+)/.exec(runtime)?.[1] ?? "";
  return [
    join(layers, "nodejs", `node${major}`, "node_modules"),
    join(layers, "nodejs", "node_modules"),
    join(sdk, "node_modules"),
    taskRoot,
  ].join(":");
}
