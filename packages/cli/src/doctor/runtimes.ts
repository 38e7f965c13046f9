/** Which versions of Node.js functions can have. */
import type { Config } from "@yunque/server/config";
import {
  INSTALLABLE,
  installedNodes,
  installedRuntimes,
  majorOf,
  nearestNode,
} from "@yunque/server/runtimes";
import type { Check } from "./check.ts";

/** That one is missing is no trouble until a function depends on it. */
export const nodeVersions = ({ dataDir }: Pick<Config, "dataDir">): Check => ({
  name: "Node.js versions",
  gives: "each Node.js function runs on the version that its runtime names",
  examine: async () => {
    const own = { path: process.execPath, version: process.versions.node };
    const nodes = [own, ...(await installedNodes(installedRuntimes(dataDir)))];
    const chosen = INSTALLABLE.map((name) => {
      const wanted = majorOf(name.slice("nodejs".length));
      const { version } = nearestNode(nodes, wanted) ?? own;
      return { name, version, exact: majorOf(version) === wanted };
    });
    const found = chosen.map(({ name, version }) => `${name} on ${version}`).join(", ");
    const missing = chosen.filter(({ exact }) => !exact).map(({ name }) => name);
    if (missing.length === 0) return { status: "ok", found };
    return { status: "weak", found, fix: `yunque runtimes install ${missing.join(" ")}` };
  },
});
