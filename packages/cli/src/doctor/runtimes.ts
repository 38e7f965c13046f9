/** Which versions of Node.js functions can have. */
import type { Config } from "@yunque/server/config";
import { chooseNode, INSTALLABLE, installedDirectory } from "@yunque/server/node-versions";
import type { Check } from "./check.ts";

/** The newest runtimes' own versions; that one is missing is no trouble until a function depends on it. */
export const nodeVersions = ({ dataDir }: Config): Check => ({
  name: "Node.js versions",
  gives: "each Node.js function runs on the version that its runtime names",
  examine: async () => {
    const directory = installedDirectory(dataDir);
    const chosen = await Promise.all(
      INSTALLABLE.map(async (name) => ({ name, ...(await chooseNode(directory, name)) })),
    );
    const found = chosen.map(({ name, version }) => `${name} on ${version}`).join(", ");
    const missing = chosen.filter(({ standIn }) => standIn !== undefined).map(({ name }) => name);
    if (missing.length === 0) return { status: "ok", found };
    return { status: "weak", found, fix: `yunque runtimes install ${missing.join(" ")}` };
  },
});
