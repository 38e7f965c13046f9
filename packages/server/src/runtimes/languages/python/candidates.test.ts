import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findCandidates, inOrderFor } from "./candidates.ts";

describe("the Pythons of a machine", () => {
  let root: string;
  before(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), "yunque-pythons-")));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const program = async (path: string, bytes = 10_000, mode = 0o755): Promise<string> => {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, Buffer.alloc(bytes), { mode });
    return file;
  };
  const found = (...path: string[]) =>
    findCandidates({ PATH: path.map((name) => join(root, name)).join(":"), HOME: join(root, "~") });

  it("are found on PATH and below version managers, PATH first, each once", async () => {
    const own = await program("bin/python3.12");
    await symlink("python3.12", join(root, "bin/python3"));
    await symlink(join(root, "bin"), join(root, "sbin"));
    const older = await program("~/.pyenv/versions/3.9.2/bin/python3.9");
    const newer = await program("~/.pyenv/versions/3.9.18/bin/python3.9");
    const uv = await program("~/.local/share/uv/python/cpython-3.13.1-linux/bin/python3.13");
    assert.deepEqual(found("bin", "sbin", "none"), [
      { path: own, minor: 12 },
      { path: newer, minor: 9 },
      { path: older, minor: 9 },
      { path: uv, minor: 13 },
    ]);
  });

  it("are no scripts that start them, and nothing that cannot be started", async () => {
    await program("shims/python3.10", 300);
    await program("shims/python3.11", 10_000, 0o644);
    await mkdir(join(root, "shims/python3.12"));
    assert.deepEqual(
      found("shims").filter(({ path }) => path.includes("shims")),
      [],
    );
  });

  it("may not tell their version", async () => {
    const path = await program("opt/python3");
    assert.deepEqual(found("opt")[0], { path, minor: undefined });
  });

  it("are tried from the nearest on: the same, the next newer ones, the next older ones, unknown ones", () => {
    const minors = [8, 9, 11, 12, 13, undefined];
    const candidates = minors.map((minor, i) => ({ path: `/${i}`, minor }));
    const order = (minor: number) => inOrderFor(minor, candidates).map((each) => each.minor);
    assert.deepEqual(order(11), [11, 12, 13, 9, 8, undefined]);
    assert.deepEqual(order(10), [11, 12, 13, 9, 8, undefined]);
    assert.deepEqual(order(14), [13, 12, 11, 9, 8, undefined]);
  });
});
