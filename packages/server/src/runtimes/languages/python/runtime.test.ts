import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findCandidates } from "./candidates.ts";
import { lacksPython } from "./python.fixture.ts";
import { pythonRuntime } from "./runtime.ts";

describe("the Python runtimes", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-python-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("are not there where the machine has no Python", () => {
    assert.deepEqual([...pythonRuntime({ directory, candidates: [] }).names], []);
  });

  it("say how to get one where none works", async () => {
    const broken = [{ path: "/bin/false", minor: 12 }];
    const { names, prepare } = pythonRuntime({ directory, candidates: broken });
    assert.ok(names.has("python3.12"));
    await assert.rejects(prepare("python3.12"), /no Python works here \(apt-get install python3\)/);
  });

  describe("with one", { skip: lacksPython }, () => {
    it("pass over those that do not work", async () => {
      const candidates = [{ path: "/bin/false", minor: 12 }, ...findCandidates()];
      const prepared = await pythonRuntime({ directory, candidates }).prepare("python3.12");
      assert.match(prepared.version, /^python:3\.\d+\.\d+/);
      assert.match(prepared.hash, /^[0-9a-f]{64}$/);
    });

    it("bring a bootstrap that anybody may read, with its byte code", async () => {
      const umask = process.umask(0o077);
      const own = join(directory, "strict");
      const runtime = pythonRuntime({ directory: own });
      const prepared = await runtime.prepare("python3.12").finally(() => process.umask(umask));
      assert.equal(await runtime.prepare("python3.12"), prepared);
      for (const name of await readdir(prepared.modules, { recursive: true })) {
        const { mode } = await stat(join(prepared.modules, name));
        assert.equal(mode & 0o004, 0o004, name);
      }
      const compiled = await readdir(join(prepared.modules, "_yunque", "__pycache__"));
      assert.ok(compiled.some((name) => name.startsWith("main.cpython-3")));
    });

    it("show a Python that lies outside of the system's directories at /var/lang, without its site-packages", async (t) => {
      const candidates = findCandidates().filter(({ path }) => !path.startsWith("/usr/"));
      if (candidates.length === 0) return t.skip("every Python here belongs to the system");
      const runtime = pythonRuntime({ directory, candidates, ownFilesystem: true });
      const { command, programs, mounts } = await runtime.prepare("python3.12");
      assert.equal(programs, "/var/lang/bin");
      assert.match(
        command({ environment: {} } as never).command,
        /^\/var\/lang\/bin\/python3\.\d+$/,
      );
      const packages = mounts.find(({ target }) => target.endsWith("/site-packages"));
      assert.deepEqual(await readdir(packages?.source ?? ""), []);
      assert.match(dirname(packages?.target ?? ""), /^\/var\/lang\/lib\d*\/python3\.\d+$/);
    });
  });
});
