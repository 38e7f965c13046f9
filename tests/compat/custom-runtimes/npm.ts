/**
 * AWS's runtime client for Node.js, from npm. Its native part is compiled at its installation, with curl, which takes
 * minutes and autoconf, cmake and g++: only where TEST_NPM_CLIENT is set, to a directory in which aws-lambda-ric is
 * installed already, or to 1.
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, failureOf, type Unavailable } from "./client.ts";

const APP = `
exports.handler = async (event, context) => {
  console.log("event", event);
  if (event.fail) throw new Error("refused");
  return { event, id: context.awsRequestId };
};
`;
/** The tests' own Node.js; in a sandbox the one that the supervisor has, which functions must not count on. */
const BOOTSTRAP = `#!/bin/sh
NODE="${process.execPath}"
[ -x "$NODE" ] || NODE=/var/runtime/yunque/node
exec "$NODE" ric/bin/index.mjs app.handler
`;

export async function npm(directory: string): Promise<Client | Unavailable> {
  const given = process.env["TEST_NPM_CLIENT"];
  if (!given)
    return { skip: "aws-lambda-ric compiles curl at its installation: set TEST_NPM_CLIENT=1" };
  const installed = existsSync(given) && given !== "1" ? given : directory;
  if (installed === directory) {
    const failure = await failureOf(directory, "npm", ["install", "--no-save", "aws-lambda-ric"]);
    if (failure) return { skip: `aws-lambda-ric could not be installed: ${failure}` };
  }
  const ric = join(installed, "node_modules/aws-lambda-ric");
  const client = join(ric, "dist/rapid-client.node");
  // Where npm did not run them: newer versions ask for leave first.
  for (const script of ["preinstall", "postinstall"]) {
    const failure = !existsSync(client) && (await failureOf(ric, "sh", [`scripts/${script}.sh`]));
    if (failure) return { skip: `aws-lambda-ric could not be compiled: ${failure}` };
  }
  const files: Record<string, Uint8Array | string> = { bootstrap: BOOTSTRAP, "app.js": APP };
  for (const folder of ["bin", "dist"])
    for (const name of await readdir(join(ric, folder)))
      files[`ric/${folder}/${name}`] = await readFile(join(ric, folder, name));
  return { code: files };
}
