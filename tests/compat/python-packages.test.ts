/**
 * Packages of PyPI, deployed as AWS's guide says: one in Python and one in native code.
 * https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
 */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  lacksPython,
  python,
} from "../../packages/server/src/runtimes/languages/python/python.fixture.ts";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";
import { failureOf, missing } from "./custom-runtimes/client.ts";

const RUNTIME = "python3.12";
const SOURCE = `
import jinja2, orjson
def handler(event, context):
    text = jinja2.Template("{% for n in names %}{{ n }}!{% endfor %}").render(event)
    return {"text": text, "json": orjson.dumps(event).decode(), "from": jinja2.__file__}`;

const skip = lacksPython || (await missing("pip", "apt-get install python3-pip"));

it("a function brings packages of PyPI along, native ones too", { skip }, async (t) => {
  const packages = await mkdtemp(join(tmpdir(), "yunque-pypi-"));
  await using platform = await started();
  const lambda = new LambdaClient(clientSettings(platform.origin));
  try {
    const failure = await install(packages, "jinja2", "orjson");
    if (failure) return t.skip(`the packages could not be installed: ${failure}`);
    const code = await zipOf({ ...(await contents(packages)), "app.py": SOURCE });
    await deploy(lambda, "packaged", code, { Runtime: RUNTIME, Handler: "app.handler" });
    const event = JSON.stringify({ names: ["Åsa", "Bo"] });
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: "packaged", Payload: event }),
    );
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString());
    assert.equal(FunctionError, undefined, JSON.stringify(answer));
    assert.equal(answer.text, "Åsa!Bo!");
    assert.deepEqual(JSON.parse(answer.json), { names: ["Åsa", "Bo"] });
    assert.match(answer.from, /jinja2\/__init__\.py$/);
  } finally {
    lambda.destroy();
    await rm(packages, { recursive: true, force: true });
  }
});

/** For the Python that will really run them. Answers why it failed. */
async function install(target: string, ...names: string[]): Promise<string | undefined> {
  const { version } = await python.prepare(RUNTIME);
  const architecture = process.arch === "arm64" ? "aarch64" : "x86_64";
  return failureOf(target, "pip", [
    ...["install", "--quiet", "--disable-pip-version-check", "--target", target],
    ...["--only-binary=:all:", "--platform", `manylinux2014_${architecture}`],
    ...["--python-version", version.slice("python:".length), ...names],
  ]);
}

async function contents(folder: string): Promise<Record<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(folder.length + 1), await readFile(path)] as const;
      }),
    ),
  );
}

async function started() {
  const platform = await startPlatform();
  return { ...platform, [Symbol.asyncDispose]: async () => void (await platform.stop()) };
}
