/** Functions in Python. Each version that Lambda names runs on the machine's own Python of that version, or the nearest. */
import { dirname, join, relative } from "node:path";
import type { LanguageRuntime, Mount, PreparedRuntime } from "../../language.ts";
import { AHEAD } from "../../wire/frames.ts";
import { type BootstrapFiles, bootstrapFiles } from "./bootstrap-files.ts";
import { type Candidate, findCandidates, inOrderFor, MINORS } from "./candidates.ts";
import { KnownPythons } from "./known-pythons.ts";
import type { Python } from "./probe.ts";

/** What Python functions need of the machine. */
export interface PythonOptions {
  /** Where the bootstrap is kept. */
  readonly directory: string;
  /** Whether instances have a file system of their own; they see everything where Lambda has it then. */
  readonly ownFilesystem?: boolean;
  /** Default: those that this machine has. */
  readonly candidates?: readonly Candidate[];
}

/** As in Lambda's own Python runtimes. */
const PREFIX = "/var/lang";
const BOOTSTRAP = "/var/runtime";
/** Each for itself: others have something below the same folder. */
const BOOTSTRAP_PARTS = ["bootstrap.py", "_yunque", "snapshot_restore_py"];
const CODE_CACHE = "/var/lang/cache";

/** The Python runtimes; none where the machine has no Python. The first call for one looks for it. */
export function pythonRuntime(options: PythonOptions): LanguageRuntime {
  const { directory, ownFilesystem = false } = options;
  const candidates = options.candidates ?? findCandidates();
  const home = join(directory, "python");
  const known = new KnownPythons(join(home, "known.json"));
  const asked = new Map<string, Promise<Python>>();
  const prepared = new Map<string, Promise<PreparedRuntime>>();

  const ask = (path: string): Promise<Python> => remembered(asked, path, () => known.ask(path));

  async function prepare(name: string): Promise<PreparedRuntime> {
    const python = await firstThatWorks(inOrderFor(minorOf(name), candidates), ask);
    const files = await bootstrapFiles(home, python.program, `3${python.minor}`);
    const runtime = ownFilesystem ? inSandbox(python, files) : onHost(python, files);
    return python.minor === minorOf(name) ? runtime : { ...runtime, note: noteOf(name, python) };
  }

  return {
    names: new Set(candidates.length > 0 ? MINORS.map((minor) => `python3.${minor}`) : []),
    prepare: (name) => remembered(prepared, name, () => prepare(name)),
  };
}

const minorOf = (name: string): number => Number(name.slice("python3.".length));

const noteOf = (name: string, { version }: Python): string =>
  `${name} is not installed here, so this runs on Python ${version}`;

async function firstThatWorks(
  candidates: readonly Candidate[],
  ask: (path: string) => Promise<Python>,
): Promise<Python> {
  const reasons: string[] = [];
  for (const { path } of candidates) {
    try {
      return await ask(path);
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`no Python works here (apt-get install python3): ${reasons.join("; ")}`);
}

const onHost = (python: Python, files: BootstrapFiles): PreparedRuntime =>
  describe(python, files.hash, { program: python.program, bootstrap: files.folder }, []);

function inSandbox(python: Python, files: BootstrapFiles): PreparedRuntime {
  const mounts = BOOTSTRAP_PARTS.map((name) => ({
    source: join(files.folder, name),
    target: join(BOOTSTRAP, name),
  }));
  // Everybody sees the system's own directories.
  if (python.program.startsWith("/usr/"))
    return describe(python, files.hash, { program: python.program, bootstrap: BOOTSTRAP }, mounts);
  const places = { program: `${PREFIX}/bin/python3.${python.minor}`, bootstrap: BOOTSTRAP };
  const all = [...mounts, ...mountsOf(python, files)];
  return describe(python, files.hash, places, all);
}

/** The program and its standard library, and nothing of what was installed for people. */
function mountsOf(python: Python, { nothing }: BootstrapFiles): Mount[] {
  const programs = ["python", "python3", `python3.${python.minor}`];
  const moved = (path: string): string => join(PREFIX, relative(python.prefix, path));
  return [
    ...programs.map((name) => ({ source: python.program, target: `${PREFIX}/bin/${name}` })),
    ...python.libraries.flatMap((path) => [
      { source: path, target: moved(path) },
      { source: nothing, target: join(moved(path), "site-packages") },
    ]),
    // By where the program looks for it: beside itself, or where it was built for.
    ...python.sharedLibraries.flatMap((path) => [
      { source: path, target: moved(path) },
      { source: path, target: path },
    ]),
  ];
}

function describe(
  python: Python,
  hash: string,
  { program, bootstrap }: { readonly program: string; readonly bootstrap: string },
  mounts: readonly Mount[],
): PreparedRuntime {
  return {
    version: `python:${python.version}`,
    hash,
    programs: dirname(program),
    modules: bootstrap,
    codeCache: CODE_CACHE,
    command: ({ environment }, needs) => ({
      command: program,
      args: [
        ...flagsFor(environment),
        join(bootstrap, "bootstrap.py"),
        ...(needs === undefined ? [] : [AHEAD]),
      ],
    }),
    environment: () => ({ PYTHONPATH: bootstrap, LAMBDA_RUNTIME_DIR: bootstrap }),
    mounts,
  };
}

/**
 * -s -S: without what was installed for the host's own people. A wrapper script must find the bootstrap as its second
 * argument, as at Lambda: there the bootstrap takes it out of the path later.
 */
const flagsFor = (environment: Readonly<Record<string, string>>): string[] =>
  environment["AWS_LAMBDA_EXEC_WRAPPER"] === undefined ? ["-s", "-S"] : [];

/** The same promise each time, until it fails. */
function remembered<T>(
  promises: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const known = promises.get(key);
  if (known) return known;
  const made = make();
  promises.set(key, made);
  made.catch(() => promises.delete(key));
  return made;
}
