/** AWS's own command line, unchanged, as its users type it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";

const AWS = ["/usr/bin", ...(process.env.PATH ?? "").split(delimiter)]
  .map((directory) => join(directory, "aws"))
  .find((path) => existsSync(path));
/** What the second and the first version of the command exit with after an error of a service. */
const FAILED = new Set([254, 255]);
const skip = AWS ? false : "no aws command here (Debian: apt-get install awscli)";

describe("the aws command line", { skip }, () => {
  let platform: TestPlatform;
  let directory: string;

  before(async () => {
    platform = await startPlatform();
    directory = await mkdtemp(join(tmpdir(), "yunque-aws-cli-"));
    const handler =
      "exports.handler = async (event) => { console.log('seen', event.name); return { hello: event.name }; };";
    await writeFile(join(directory, "code.zip"), await zipOf({ "index.js": handler }));
  });
  after(async () => {
    await platform.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function aws(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await run(args);
    assert.equal(status, 0, stderr);
    return stdout;
  }

  function run(args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: directory,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_PAGER: "",
    };
    const full = ["--endpoint-url", platform.origin, "--output", "json", ...args];
    return new Promise((resolve) => {
      execFile(AWS ?? "aws", full, { env, cwd: directory }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr });
      });
    });
  }

  test("creates a function, waits until it is active, and invokes it", async () => {
    const create =
      "lambda create-function --function-name hello --runtime nodejs22.x --handler index.handler --zip-file fileb://code.zip --role arn:aws:iam::000000000000:role/any";
    const created = JSON.parse(await aws(...create.split(" ")));
    assert.equal(created.State, "Pending");
    await aws("lambda", "wait", "function-active-v2", "--function-name", "hello");
    await writeFile(join(directory, "event.json"), '{"name":"skylark"}');
    const invoke =
      "lambda invoke --function-name hello --payload fileb://event.json --log-type Tail out.json";
    const answer = JSON.parse(await aws(...invoke.split(" ")));
    assert.equal(answer.StatusCode, 200);
    assert.match(Buffer.from(answer.LogResult, "base64").toString(), /seen skylark/);
    assert.deepEqual(JSON.parse(await readFile(join(directory, "out.json"), "utf8")), {
      hello: "skylark",
    });
    const listed = JSON.parse(await aws("lambda", "list-functions"));
    assert.deepEqual(
      listed.Functions.map((each: { FunctionName: string }) => each.FunctionName),
      ["hello"],
    );
  });

  test("moves files to and from a bucket", async () => {
    const body = "x".repeat(100_000);
    await writeFile(join(directory, "a file.txt"), body);
    await aws("s3", "mb", "s3://cli-bucket");
    await aws("s3", "cp", "a file.txt", "s3://cli-bucket/dir/a file.txt");
    assert.match(
      await aws("s3", "ls", "s3://cli-bucket", "--recursive"),
      /100000 dir\/a file\.txt/,
    );
    await aws("s3", "cp", "s3://cli-bucket/dir/a file.txt", "back.txt");
    assert.equal(await readFile(join(directory, "back.txt"), "utf8"), body);
    await aws("s3", "rb", "--force", "s3://cli-bucket");
    assert.equal((await aws("s3", "ls")).trim(), "");
  });

  test("keeps versions and serves a website", async () => {
    const s3api = async (command: string, ...more: string[]) =>
      aws("s3api", ...`${command} --bucket cli-versions`.split(" "), ...more);
    await aws("s3", "mb", "s3://cli-versions");
    await s3api("put-bucket-versioning --versioning-configuration Status=Enabled");
    for (const text of ["one", "two"]) {
      await writeFile(join(directory, "index.html"), text);
      await aws("s3", "cp", "index.html", "s3://cli-versions/index.html");
    }
    const { Versions } = JSON.parse(await s3api("list-object-versions"));
    const old = Versions.find(({ IsLatest }: { IsLatest: boolean }) => !IsLatest).VersionId;
    await s3api("get-object", "--key", "index.html", "--version-id", old, "old.html");
    assert.equal(await readFile(join(directory, "old.html"), "utf8"), "one");
    await aws("s3", "website", "s3://cli-versions", "--index-document", "index.html");
    const rules = { Rules: [{ ID: "r", Status: "Enabled", Filter: {}, Expiration: { Days: 1 } }] };
    const lifecycle = ["--lifecycle-configuration", JSON.stringify(rules)];
    await s3api("put-bucket-lifecycle-configuration", ...lifecycle);
    const head = JSON.parse(await s3api("head-object", "--key", "index.html"));
    assert.match(head.Expiration, /rule-id="r"/);
  });

  test("shows AWS's error for a function that does not exist", async () => {
    const { status, stderr } = await run("lambda get-function --function-name absent".split(" "));
    assert.ok(FAILED.has(status ?? 0));
    assert.match(
      stderr,
      /An error occurred \(ResourceNotFoundException\) when calling the GetFunction operation: Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent/,
    );
  });

  test("names an operation that has no behaviour yet", async () => {
    const { status, stderr } = await run("dynamodb list-tables".split(" "));
    assert.ok(FAILED.has(status ?? 0));
    assert.match(stderr, /NotImplemented.*ListTables/);
  });
});
