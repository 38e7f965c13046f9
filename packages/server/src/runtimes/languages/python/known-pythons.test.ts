import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { KnownPythons } from "./known-pythons.ts";

describe("what is known of the machine's Pythons", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-known-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** A program that says that it is this Python, and counts how often it was asked. */
  async function pretend(program: string, version: string, implementation = "cpython") {
    const minor = Number(version.split(".")[1]);
    const told = JSON.stringify({ implementation, version, minor });
    await writeFile(program, `#!/bin/sh\necho asked >> "$0.count"\necho '${told}'\n`);
    await chmod(program, 0o755);
  }
  const asked = async (program: string): Promise<number> =>
    (await readFile(`${program}.count`, "utf8")).split("\n").length - 1;

  it("is asked for once, also by the next platform, until the program is another one", async () => {
    const program = join(directory, "python3.12");
    const file = join(directory, "data", "known.json");
    await pretend(program, "3.12.1");
    assert.equal((await new KnownPythons(file).ask(program)).version, "3.12.1");
    assert.equal((await new KnownPythons(file).ask(program)).version, "3.12.1");
    assert.equal(await asked(program), 1);
    await pretend(program, "3.12.10");
    assert.equal((await new KnownPythons(file).ask(program)).version, "3.12.10");
    assert.equal(await asked(program), 2);
  });

  it("is asked for again where the file cannot be read", async () => {
    const program = join(directory, "python3.11");
    const file = join(directory, "broken.json");
    await writeFile(file, "{");
    await pretend(program, "3.11.2");
    assert.equal((await new KnownPythons(file).ask(program)).minor, 11);
  });

  it("does not include other implementations, or versions that Lambda does not have", async () => {
    const known = new KnownPythons(join(directory, "none.json"));
    const program = join(directory, "python3");
    await pretend(program, "3.10.9", "pypy");
    await assert.rejects(known.ask(program), /is pypy 3\.10\.9/);
    await pretend(program, "3.7.3");
    await assert.rejects(known.ask(program), /is cpython 3\.7\.3/);
  });
});
