/** `yunque runtimes list` */
import { INSTALLABLE, installedNodes, majorOf, nearestNode } from "@yunque/server/runtimes";
import { Command } from "commander";
import { withExamples, withJson } from "../../options.ts";
import { say, sayJson, table } from "../../output.ts";
import { type DirectoryOptions, directoryOf, withDirectory } from "./directory.ts";

export function create(): Command {
  const command = new Command("list")
    .summary("show which Node.js runs which runtime")
    .description("Shows which Node.js runs functions of each Node.js runtime here.")
    .action(list);
  return withExamples(withDirectory(withJson(command)), "yunque runtimes list");
}

async function list(options: DirectoryOptions): Promise<void> {
  const own = { path: process.execPath, version: process.versions.node };
  const nodes = [own, ...(await installedNodes(directoryOf(options)))];
  const runtimes = INSTALLABLE.map((name) => {
    const wanted = majorOf(name.slice("nodejs".length));
    const { version, path } = nearestNode(nodes, wanted) ?? own;
    return { name, version, exact: majorOf(version) === wanted, own: path === own.path };
  });
  if (options.json) return sayJson(runtimes);
  const rows = runtimes.map(({ name, version, exact, own }) => [
    name,
    `Node.js ${version}`,
    own ? "the platform's own" : "installed",
    exact ? "" : `the nearest; yunque runtimes install ${name}`,
  ]);
  say(table(["RUNTIME", "RUNS ON", "WHICH IS", ""], rows));
}
