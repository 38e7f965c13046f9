import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { type Config, settings } from "@yunque/server/config";
import { chooseSandbox } from "@yunque/server/sandboxes";
import { examineAll } from "./check.ts";
import { installCommand } from "./install.ts";
import { dataDirectory, node, port } from "./platform.ts";
import { nodeVersions } from "./runtimes.ts";
import { output, tool } from "./tool.ts";
import { walls } from "./walls.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "yunque-doctor-"));
});
after(() => rm(root, { recursive: true }));

const config = (changes: Partial<Config>): Config => ({
  ...(Object.fromEntries(settings.map((one) => [one.name, one.default])) as unknown as Config),
  ...changes,
});

test("the Node.js that runs this is good enough", async () => {
  assert.equal((await node.examine()).status, "ok");
});

test("Node.js versions that are not installed are named with the command that brings them", async () => {
  const dataDir = join(root, "versions");
  const program = join(dataDir, "runtimes", "installed", "node-20.20.2", "bin", "node");
  await mkdir(dirname(program), { recursive: true });
  await writeFile(program, "");
  const { status, found, fix } = await nodeVersions({ dataDir }).examine();
  assert.equal(status, "weak");
  assert.match(found, /nodejs20\.x on 20\.20\.2, nodejs22\.x on \d+/);
  assert.equal(fix, "yunque runtimes install nodejs18.x nodejs22.x nodejs24.x");
  await rm(dataDir, { recursive: true });
});

test("a data directory that can be made is fine, and the look at it leaves nothing behind", async () => {
  const finding = await dataDirectory(config({ dataDir: join(root, "a/b/c") })).examine();
  assert.notEqual(finding.status, "missing");
  assert.match(finding.found, /GB free/);
  assert.deepEqual(await readdir(root), []);
});

for (const dataDir of ["file", "file/data"])
  test(`a file where the data directory ${dataDir} should be is told`, async () => {
    const file = join(root, "file");
    await writeFile(file, "");
    const finding = await dataDirectory(config({ dataDir: join(root, dataDir) })).examine();
    assert.equal(finding.status, "missing");
    assert.match(finding.found, /no directory|not a directory/);
    await rm(file);
  });

test("a place that may not be written lacks something required, and says what to do", {
  skip: process.platform !== "linux" && "needs /proc, where nobody may make files",
}, async () => {
  const check = dataDirectory(config({ dataDir: "/proc/yunque" }));
  const finding = await check.examine();
  assert.deepEqual([finding.status, check.required], ["missing", true]);
  assert.match(finding.fix ?? "", /--data-dir/);
});

test("a port is free, taken by a stranger, or by a platform that runs already", async () => {
  let body = "hello";
  const server = createServer((_request, response) => void response.end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const taken = config({ port: (server.address() as AddressInfo).port });
  const stranger = await port(taken).examine();
  assert.deepEqual([stranger.status, stranger.found], ["weak", "taken by another program"]);
  assert.match(stranger.fix ?? "", /--port 0/);
  body = '{\n  "status": "ok"\n}';
  assert.equal((await port(taken).examine()).found, "a platform runs here");
  await new Promise((resolve) => server.close(resolve));
  assert.equal((await port(taken).examine()).found, "free");
});

test("the walls around functions are tried: what stands, what does not, and what raises it", async () => {
  const { status, found, details = [] } = await walls({ isolation: "auto" }).examine();
  const { sandbox } = await chooseSandbox({ directory: join(root, "sandbox") });
  sandbox.close?.();
  assert.equal(found, sandbox.tier);
  assert.equal(status, sandbox.tier === "none" ? "missing" : sandbox.lacks?.length ? "weak" : "ok");
  for (const wall of sandbox.enforces) assert.ok(details.includes(`enforced: ${wall}`), wall);
  for (const { wall, remedy } of sandbox.lacks ?? []) {
    const told = details.find((text) => text.includes(`not enforced: ${wall}\n`));
    assert.ok(told?.endsWith(`  -> ${remedy}`), wall);
  }
});

test("walls that were switched off are missing, and the way back is told", async () => {
  const { status, found, fix } = await walls({ isolation: "none" }).examine();
  assert.deepEqual([status, found], ["missing", "switched off"]);
  assert.match(fix ?? "", /--isolation auto/);
});

test("a program that is there has a version; one that is not comes with its command", async () => {
  const there = tool({ name: process.execPath, gives: "x" });
  assert.equal((await there.examine()).found, process.versions.node);
  const gone = await tool({
    name: "yunque-no-such-program",
    package: "thing",
    gives: "x",
  }).examine();
  assert.equal(gone.status, "missing");
  assert.match(gone.fix ?? "", /install .*thing|add thing/);
});

test("no shell sees a program's arguments", async () => {
  const script = "process.stdout.write(process.argv[1])";
  assert.equal(await output(process.execPath, "-e", script, "--", "$(id) ; x"), "$(id) ; x");
});

test("the package manager's command names the package", () => {
  assert.match(installCommand("bubblewrap"), /bubblewrap/);
});

test("a check that fails itself is told, and spoils no other", async () => {
  const failing = { name: "broken", gives: "x", examine: () => Promise.reject(new Error("boom")) };
  const [first, second] = await examineAll([failing, node]);
  assert.deepEqual([first?.status, first?.found, first?.required], ["missing", "boom", false]);
  assert.deepEqual([second?.status, second?.required], ["ok", true]);
});
