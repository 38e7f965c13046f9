/** npm, as a program of this machine: where Node.js comes from, checked against the registry's digests. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { PLATFORM_PACKAGES } from "#platform-packages";
import { Failure } from "../failure.ts";

/** A download that takes longer than this will not come. */
const PATIENCE_MS = 10 * 60_000;

/** How npm is to be asked. */
export interface NpmOptions {
  /** An empty directory: npm works there, and nowhere else but in its cache. */
  readonly directory: string;
  /** From npm's cache alone. */
  readonly offline: boolean;
}

/** The package of npm that holds Node.js for this machine. @throws Failure where there is none. */
export function platformPackage(platform = `${process.platform}-${process.arch}`): string {
  const name = PLATFORM_PACKAGES[platform];
  if (name !== undefined) return name;
  throw new Failure(
    `npm has no Node.js for ${platform}`,
    `There is one for ${Object.keys(PLATFORM_PACKAGES).join(", ")}.`,
  );
}

/** The newest version of a major one that npm has. @throws Failure where it has none, or cannot be asked. */
export async function newestVersion(
  name: string,
  major: number,
  options: NpmOptions,
): Promise<string> {
  const answer = await npm(["view", `${name}@${major}`, "version"], options);
  const versions = [JSON.parse(answer || "[]")]
    .flat()
    .filter((one): one is string => typeof one === "string" && /^\d+\.\d+\.\d+$/.test(one));
  const newest = versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  if (newest !== undefined) return newest;
  throw new Failure(`npm has no version ${major} of ${name}`);
}

/** Where `fetchPackage` puts a package's files. */
export const fetchedTo = (name: string, { directory }: NpmOptions): string =>
  join(directory, "node_modules", name);

/** Downloads a package and unpacks it; none of its scripts runs. @throws Failure where npm cannot. */
export async function fetchPackage(
  name: string,
  version: string,
  options: NpmOptions,
): Promise<void> {
  const quiet = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--no-package-lock"];
  await npm(["install", ...quiet, `${name}@${version}`], options);
}

async function npm(words: readonly string[], options: NpmOptions): Promise<string> {
  const { directory, offline } = options;
  const where = ["--location=project", "--prefix", directory];
  const all = [...words, "--json", ...where, ...(offline ? ["--offline"] : [])];
  const child = spawn("npm", all, {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PATIENCE_MS,
    killSignal: "SIGKILL",
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  try {
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (code === 0) return out;
    if (code === null) throw new Failure("npm was killed, or took longer than 10 minutes");
    throw new Failure(`npm failed: ${reasonIn(out, err)}`, hint(offline));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Failure(
      "npm is not on the PATH",
      "It comes with Node.js: https://nodejs.org; it fetches other versions of Node.js for functions.",
    );
  }
}

const hint = (offline: boolean): string =>
  offline
    ? "Without --offline it is downloaded."
    : "Does npm reach its registry? Try: npm ping   (--offline takes what is in npm's cache)";

/** npm tells its errors as JSON, mostly; else the first line of what it wrote says most. */
function reasonIn(out: string, err: string): string {
  try {
    const { error } = JSON.parse(out) as { error?: { code?: unknown; summary?: unknown } };
    if (error?.summary) return `${error.code}: ${error.summary}`;
  } catch {
    // no JSON
  }
  return (err || out).trim().split("\n")[0] || "it ended without a word";
}
