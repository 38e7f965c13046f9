/** Functions in Node.js. Each version that Lambda names runs on that Node.js where it is installed, else on the nearest. */
import { createRequire } from "node:module";
import { basename, dirname, join, sep } from "node:path";
import type { Deployment } from "../../../domain/deployment.ts";
import type { Places } from "../../environment.ts";
import type { LanguageRuntime, Mount, PreparedRuntime } from "../../language.ts";
import { AHEAD } from "../../wire/frames.ts";
import { type Bootstrap, type BootstrapSources, buildBootstrap } from "../build.ts";
import { moduleFlags } from "./flags.ts";
import { packagesNamedIn } from "./needs.ts";
import { majorOf, type NodeVersion, NodeVersions, OLDEST } from "./node-versions.ts";

/** What Node.js functions need of the machine. */
export interface NodeOptions {
  /** Where the bootstrap is kept. */
  readonly directory: string;
  /** A directory from which the AWS SDK for JavaScript can be resolved. */
  readonly sdk: string;
  /** Where `yunque runtimes install` puts other versions. */
  readonly installed?: string;
  /** Whether instances have a file system of their own; they see everything where Lambda has it then. */
  readonly ownFilesystem?: boolean;
}

/** Where an instance finds what it runs on. */
interface Paths {
  readonly node: string;
  readonly bootstrap: string;
  /** Its node_modules hold the AWS SDK, or a folder above does. */
  readonly sdk: string;
}

/** As in Lambda's own Node.js runtimes. */
const LAMBDA: Paths = {
  node: "/var/lang/bin/node",
  bootstrap: "/var/runtime/bootstrap",
  sdk: "/var/runtime",
};
const CODE_CACHE = "/var/runtime/cache";

/** What the script of an instance is made of. */
export const NODE_BOOTSTRAP: BootstrapSources = {
  folders: ["wire", "languages/bootstrap", "languages/node/bootstrap"],
  main: "languages/node/bootstrap/main.ts",
  // Functions that are run before anybody needs one: see bootstrap/rehearse.ts.
  beside: {
    "rehearsal-require.js": "exports.handler = async (event) => ({ event });",
    "rehearsal-import.mjs": "export const handler = async (event) => ({ event });",
  },
};

const NAMES = ["16", "18", "20", "22", "24", "26"].map((major) => `nodejs${major}.x`);

/** The Node.js runtimes; builds the bootstrap when first asked. */
export function nodeRuntime(options: NodeOptions): LanguageRuntime {
  const { directory, sdk, ownFilesystem, installed } = options;
  const versions = new NodeVersions(installed);
  const prepared = new Map<string, PreparedRuntime>();
  let building: Promise<Bootstrap> | undefined;
  return {
    names: new Set(NAMES),
    async prepare(name) {
      building ??= buildBootstrap(join(directory, "node"), NODE_BOOTSTRAP);
      building.catch(() => {
        building = undefined; // a disk that was full may have room by the next time
      });
      const [bootstrap, node] = await Promise.all([building, versions.nearest(versionOf(name))]);
      const key = `${name} ${node.path}`;
      const known = prepared.get(key);
      if (known) return known;
      const host = { node: node.path, bootstrap: dirname(bootstrap.main), sdk };
      const runtime = ownFilesystem
        ? { ...describe(bootstrap, LAMBDA, node, name), mounts: mountsOf(host) }
        : { ...describe(bootstrap, host, node, name), mounts: [] };
      prepared.set(key, runtime);
      return runtime;
    },
  };
}

const versionOf = (name: string): number => majorOf(name.slice("nodejs".length));

function describe(
  { main, hash }: Bootstrap,
  { node, bootstrap, sdk }: Paths,
  { version }: NodeVersion,
  name: string,
): Omit<PreparedRuntime, "mounts"> {
  return {
    version: `nodejs:${version}`,
    hash,
    ...(majorOf(version) === versionOf(name) ? {} : { note: noteOf(name, version) }),
    programs: dirname(node),
    modules: sdk,
    codeCache: CODE_CACHE,
    needs: packagesNamedIn,
    command: (deployment, needs) => ({
      command: node,
      args: [
        ...heapFlags(deployment),
        ...moduleFlags(version, deployment.environment["NODE_OPTIONS"]),
        join(bootstrap, basename(main)),
        ...(needs ? [AHEAD, sdk, ...needs] : []),
      ],
    }),
    environment: (deployment, places) => ({ NODE_PATH: nodePath(deployment, places, sdk) }),
  };
}

/** What cannot be installed runs on the oldest that can. */
function noteOf(name: string, version: string): string {
  const best = Math.max(versionOf(name), OLDEST);
  const remedy = majorOf(version) === best ? "" : `: yunque runtimes install nodejs${best}.x`;
  return `${name} is not installed here, so this runs on Node.js ${version}${remedy}`;
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
