/** AWS's runtime client for Python, from PyPI, run as a custom runtime by the system's python3. */
import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, failureOf, missing, type Unavailable } from "./client.ts";

/** What functions in a sandbox see: an interpreter of the user's own they do not. */
const PYTHON = "/usr/bin/python3";
const BOOTSTRAP = `#!/bin/sh
export PYTHONPATH="$LAMBDA_TASK_ROOT"
exec ${PYTHON} -m awslambdaric app.handler
`;
const APP = `
def handler(event, context):
    print("event", event)
    if event.get("fail"):
        raise ValueError("refused")
    return {"event": event, "id": context.aws_request_id}
`;

export async function python(directory: string): Promise<Client | Unavailable> {
  const skip = await missing(PYTHON, "apt-get install python3");
  if (skip) return { skip };
  const version = "import sys; print('%d.%d' % sys.version_info[:2])";
  const found = execFileSync(PYTHON, ["-c", version], { encoding: "utf8" }).trim();
  const wheels = ["--only-binary=:all:", "--python-version", found, "--target", directory];
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-warn-script-location"];
  const failure = await failureOf(directory, "python3", [
    ...["-m", "pip", "install", ...quiet, ...wheels, "awslambdaric"],
  ]);
  if (failure) return { skip: `awslambdaric could not be installed: ${failure}` };
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  const files: Record<string, Uint8Array | string> = { bootstrap: BOOTSTRAP, "app.py": APP };
  for (const entry of names) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(directory.length + 1)] = await readFile(path);
  }
  return { code: files };
}
