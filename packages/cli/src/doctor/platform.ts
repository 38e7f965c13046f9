/** What the platform itself runs on: Node.js, a directory, a port. */
import { mkdtemp, open, rm, stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";
import type { Config } from "@yunque/server/config";
import type { Check, Finding } from "./check.ts";

const GB = 1024 ** 3;
const LEAST_NODE = 26;
/** Below this, a deploy or two fills the disk. */
const ENOUGH_DISK = 2 * GB;
/** What a handful of instances takes. */
const ENOUGH_MEMORY = 1 * GB;

export const node: Check = {
  name: "Node.js",
  required: true,
  gives: "runs the platform and Node.js functions",
  examine: async () => {
    const { version, execPath } = process;
    const found = `${version} (${execPath})`;
    const enough = Number.parseInt(process.versions.node, 10) >= LEAST_NODE;
    const fix = `npm install --include=optional, or put Node.js ${LEAST_NODE} on the PATH`;
    return enough ? { status: "ok", found } : { status: "missing", found, fix };
  },
};

export const machine: Check = {
  name: "cores and memory",
  gives: "instances run side by side",
  examine: async () => {
    const memory = totalmem();
    const found = `${availableParallelism()} cores, ${(memory / GB).toFixed(1)} GB`;
    if (memory >= ENOUGH_MEMORY) return { status: "ok", found };
    return {
      status: "weak",
      found,
      fix: "yunque up --instances-max 10 keeps within little memory",
    };
  },
};

/** The data directory need not be there yet: then its nearest parent counts. */
export const dataDirectory = ({ dataDir }: Config): Check => ({
  name: "data directory",
  required: true,
  gives: "functions, objects and configuration outlive the platform",
  examine: async () => {
    const fix = "choose a directory of yours: yunque up --data-dir DIRECTORY";
    let place: string;
    try {
      place = await nearestDirectory(dataDir);
      await writeDurably(place);
    } catch (error) {
      return { status: "missing", found: (error as Error).message, fix };
    }
    const { bavail, bsize } = await statfs(place);
    const free = bavail * bsize;
    const found = `${dataDir} (${(free / GB).toFixed(1)} GB free)`;
    return free >= ENOUGH_DISK ? { status: "ok", found } : { status: "weak", found, fix };
  },
});

async function nearestDirectory(path: string): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" && dirname(path) !== path) return undefined;
    throw error;
  });
  if (found === undefined) return nearestDirectory(dirname(path));
  if (found.isDirectory()) return path;
  throw new Error(`${path} is no directory`);
}

/** What every acknowledged write needs: a file that can be written and forced to the disk. */
async function writeDurably(directory: string): Promise<void> {
  const own = await mkdtemp(join(directory, ".yunque-doctor-"));
  try {
    const file = await open(join(own, "file"), "wx");
    await file.writeFile("x");
    await file.sync();
    await file.close();
  } finally {
    await rm(own, { recursive: true });
  }
}

export const port = ({ host, port: wanted }: Config): Check => ({
  name: `port ${wanted}`,
  gives: "where SDKs, aws, awslocal, tflocal and samlocal look for the platform",
  examine: async () => {
    if (wanted === 0) return { status: "ok", found: "any free one" };
    const code = await whyNot(host, wanted);
    if (code === undefined) return { status: "ok", found: "free" };
    if (code === "EADDRINUSE") return usedBy(host, wanted);
    return { status: "missing", found: `${host} cannot be used (${code})`, fix: OTHER_PORT };
  },
});

const OTHER_PORT = "yunque up --port 0 takes any free one";

/** Whoever holds the port may be a platform that runs already. */
async function usedBy(host: string, wanted: number): Promise<Finding> {
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${wanted}/_yunque/health`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
  const text = (await answer?.text().catch(() => undefined)) ?? "";
  if (/"status": *"ok"/.test(text)) return { status: "ok", found: "a platform runs here" };
  return { status: "weak", found: "taken by another program", fix: OTHER_PORT };
}

/** The error of listening there, or undefined where it works. */
function whyNot(host: string, wanted: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(wanted, host, () => server.close(() => resolve(undefined)));
  });
}
