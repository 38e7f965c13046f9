/** Functions in Node.js. Each version that Lambda names runs on its own Node.js where that is installed (versions.ts). */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { basename, dirname, join, sep } from "node:path";
import type { Deployment } from "../../../domain/deployment.ts";
import type { Places } from "../../environment.ts";
import type { LanguageRuntime, Mount, PreparedRuntime } from "../../language.ts";
import { type Bootstrap, type BootstrapSources, buildBootstrap } from "../build.ts";
import { moduleFlags } from "./flags.ts";
import { type ChosenNode, chooseNode, NODE_NAMES } from "./versions.ts";

/** What Node.js functions need of the machine. */
export interface NodeOptions {
  /** Where the bootstrap is kept. */
  readonly directory: string;
  /** Where other versions of Node.js than the platform's own are installed. Default: `installed` in the directory. */
  readonly installed?: string;
  /** A directory from which the AWS SDK for JavaScript can be resolved. */
  readonly sdk: string;
  /** Whether instances have a file system of their own; they see everything where Lambda has it then. */
  readonly ownFilesystem?: boolean;
}

/** Where an instance finds what it runs on. */
interface Paths {
  readonly node: string;
  readonly bootstrap: string;
  /** Its node_modules hold the AWS SDK. */
  readonly sdk: string;
}

/** As in Lambda's own Node.js runtimes. */
const LAMBDA: Paths = {
  node: "/var/lang/bin/node",
  bootstrap: "/var/runtime/bootstrap",
  sdk: "/var/runtime",
};

/** What the script of an instance is made of. */
export const NODE_BOOTSTRAP: BootstrapSources = {
  folders: ["wire", "languages/node/bootstrap"],
  main: "languages/node/bootstrap/main.ts",
};

/** The Node.js runtimes; builds the bootstrap when first asked, and looks for installed versions each time. */
export function nodeRuntime(options: NodeOptions): LanguageRuntime {
  const { directory, installed = join(directory, "installed") } = options;
  let building: Promise<Bootstrap> | undefined;
  /** By name and program: who gets the same, may share what was started for it. */
  const prepared = new Map<string, PreparedRuntime>();

  const bootstrap = (): Promise<Bootstrap> => {
    building ??= buildBootstrap(join(directory, "node"), NODE_BOOTSTRAP);
    building.catch(() => {
      building = undefined; // a disk that was full may have room by the next time
    });
    return building;
  };

  return {
    names: new Set(NODE_NAMES),
    async prepare(name) {
      const [built, node] = await Promise.all([bootstrap(), chooseNode(installed, name)]);
      const key = `${name} ${node.path}`;
      const ready = prepared.get(key) ?? describe(built, node, options);
      prepared.set(key, ready);
      return ready;
    },
  };
}

function describe(
  { main, hash }: Bootstrap,
  { version, path, standIn }: ChosenNode,
  { sdk, ownFilesystem }: NodeOptions,
): PreparedRuntime {
  const host = { node: path, bootstrap: dirname(main), sdk };
  const paths = ownFilesystem ? LAMBDA : host;
  return {
    version: `nodejs:${version}`,
    hash: createHash("sha256").update(`${hash} ${version} ${process.arch}`).digest("hex"),
    ...(standIn === undefined ? {} : { standIn }),
    programs: dirname(paths.node),
    modules: paths.sdk,
    command: (deployment) => ({
      command: paths.node,
      args: [
        ...heapFlags(deployment),
        ...moduleFlags(version, deployment.environment["NODE_OPTIONS"]),
        join(paths.bootstrap, basename(main)),
      ],
    }),
    environment: (deployment, places) => ({ NODE_PATH: nodePath(deployment, places, paths.sdk) }),
    mounts: ownFilesystem ? mountsOf(host) : [],
  };
}

function mountsOf({ node, bootstrap, sdk }: Paths): Mount[] {
  return [
    { source: node, target: LAMBDA.node },
    { source: bootstrap, target: LAMBDA.bootstrap },
    { source: modulesOf(sdk), target: join(LAMBDA.sdk, "node_modules") },
  ];
}

/** The node_modules in which the SDK's clients lie: npm puts them where it likes, above the package that wants them. */
function modulesOf(sdk: string): string {
  const client = createRequire(join(sdk, "_")).resolve("@aws-sdk/client-s3");
  const folder = `${sep}node_modules${sep}`;
  return client.slice(0, client.lastIndexOf(`${folder}@aws-sdk${sep}`) + folder.length - 1);
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
