/** Functions that bring their own runtime, and the extensions of those that do not: both speak with Lambda's HTTP APIs. */
import { basename, dirname, join } from "node:path";
import type { LanguageRuntime, Mount, PreparedRuntime } from "../../language.ts";
import { type Bootstrap, type BootstrapSources, buildBootstrap } from "../build.ts";

/** What the supervisor needs of the machine. */
export interface CustomOptions {
  /** Where its script is kept. */
  readonly directory: string;
  /** Whether instances have a file system of their own. */
  readonly ownFilesystem?: boolean;
}

/** Where an instance finds its supervisor: nowhere on the function's PATH. */
const WALLED = { node: "/var/runtime/yunque/node", bootstrap: "/var/runtime/yunque/bootstrap" };

/** What the script of the supervisor is made of. */
export const SUPERVISOR: BootstrapSources = {
  folders: ["wire", "output", "../http", "languages/bootstrap", "languages/custom/bootstrap"],
  main: "languages/custom/bootstrap/main.ts",
};

/** What a supervisor holds by itself: Node.js with little in it, measured with a body of 6 MB under way. */
const OVERHEAD_MB = 64;
/** Lambda: extensions may take 2 s to say goodbye; and a moment to be told, and to be heard. */
const LINGER_MS = 2_500;
/** Little is kept in its heap: bodies are not. */
const FLAGS = ["--max-old-space-size=48", "--max-semi-space-size=1"];

/** Runs `provided.al2023` and `provided.al2`, and stands in front of other languages' programs. */
export interface CustomRuntime extends LanguageRuntime {
  /** The same language, with Lambda's APIs for functions that have extensions or a wrapper. */
  extending(language: LanguageRuntime): LanguageRuntime;
}

/** Builds the supervisor when first asked. */
export function customRuntime({ directory, ownFilesystem = false }: CustomOptions): CustomRuntime {
  const supervisor = once(async () => {
    const bootstrap = await buildBootstrap(join(directory, "custom"), SUPERVISOR);
    return place(bootstrap, ownFilesystem);
  });
  const fronted = new WeakMap<PreparedRuntime, PreparedRuntime>();
  return {
    names: new Set(["provided.al2023", "provided.al2"]),
    prepare: once(async (name) => provided(name, await supervisor(""))),
    extending: (language) => ({
      names: language.names,
      async prepare(name) {
        const [runtime, front] = await Promise.all([language.prepare(name), supervisor("")]);
        const known = fronted.get(runtime) ?? { ...runtime, extended: extended(runtime, front) };
        fronted.set(runtime, known);
        return known;
      },
    }),
  };
}

/** The same promise each time for a name, until one fails: a disk that was full may have room by the next time. */
function once<T>(make: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (name) => {
    const known = made.get(name);
    if (known) return known;
    const making = make(name);
    made.set(name, making);
    making.catch(() => made.delete(name));
    return making;
  };
}

/** The supervisor, as an instance sees it. */
interface Supervisor {
  readonly hash: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly mounts: readonly Mount[];
}

function place({ main, hash }: Bootstrap, walled: boolean): Supervisor {
  const host = { node: process.execPath, bootstrap: dirname(main) };
  const { node, bootstrap } = walled ? WALLED : host;
  return {
    hash,
    command: node,
    args: [...FLAGS, join(bootstrap, basename(main)), walled ? "walled" : "open"],
    mounts: walled
      ? [
          { source: host.node, target: WALLED.node },
          { source: host.bootstrap, target: WALLED.bootstrap },
        ]
      : [],
  };
}

function provided(name: string, { hash, command, args, mounts }: Supervisor): PreparedRuntime {
  return {
    version: name.replace(".", ":"),
    hash,
    supervised: true,
    overheadMB: OVERHEAD_MB,
    lingerMs: () => LINGER_MS,
    command: () => ({ command, args }),
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    environment: (_deployment, { taskRoot, layers }) => ({
      PATH: ["/usr/local/bin", "/usr/bin/", "/bin", join(layers, "bin")].join(":"),
      LD_LIBRARY_PATH: libraries(taskRoot, layers),
      LAMBDA_RUNTIME_DIR: "/var/runtime",
    }),
    programs: "/usr/local/bin",
    modules: "",
    mounts,
  };
}

const libraries = (taskRoot: string, layers: string): string =>
  [
    ...["/lib64", "/usr/lib64", "/var/runtime", "/var/runtime/lib"],
    ...[taskRoot, join(taskRoot, "lib"), join(layers, "lib")],
  ].join(":");

/** The language's own program is started once the extensions have registered: what it needs cannot be loaded ahead. */
function extended(prepared: PreparedRuntime, front: Supervisor): PreparedRuntime {
  const { needs: _needs, codeCache: _codeCache, ...runtime } = prepared;
  return {
    ...runtime,
    supervised: true,
    overheadMB: (runtime.overheadMB ?? 0) + OVERHEAD_MB,
    lingerMs: () => LINGER_MS,
    command(deployment) {
      const { command, args } = runtime.command(deployment);
      return { command: front.command, args: [...front.args, command, ...args] };
    },
    mounts: [...runtime.mounts, ...front.mounts],
  };
}
