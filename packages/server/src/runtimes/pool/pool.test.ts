import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "../../ports/clock.ts";
import type { Sandbox, SandboxedProcess } from "../../ports/sandbox.ts";
import type { Recipe } from "../blueprint.ts";
import { until } from "../runtimes.fixture.ts";
import { processSandbox } from "../sandboxes/index.ts";
import { Pool } from "./pool.ts";

/** A program that says what `booted` looks like, and then waits. */
const SAYS = "printf '\\0\\0\\0\\0\\017\\0\\0\\0\\0' >&3; read -r line <&3";
const recipe = (script = SAYS, key = script, reads: Recipe["reads"] = "a line"): Recipe => ({
  ...{ key, reads },
  program: ({ scratch }, fence) => ({
    ...{ command: "/bin/sh", args: ["-c", script], environment: {} },
    ...{ directory: scratch, descriptors: [fence] },
  }),
});

describe("the pool", () => {
  let directory: string;
  let pool: Pool;
  let busy = false;
  let started: SandboxedProcess[] = [];
  const sandbox: Sandbox = {
    ...processSandbox,
    start(program) {
      const process = processSandbox.start(program);
      started.push(process);
      return process;
    },
  };
  const open = (most = 4): void => {
    const [slots, scratch] = [join(directory, "slots"), join(directory, "tmp")];
    const bounds = { most, least: 2, booting: 2 };
    pool = new Pool({ ...bounds, sandbox, slots, scratch, clock: systemClock, busy: () => busy });
  };
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-pool-"));
    await mkdir(join(directory, "slots"));
    await mkdir(join(directory, "tmp"));
    busy = false;
    started = [];
    open();
  });
  afterEach(async () => {
    await pool.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  });

  it("has nothing before somebody asks", () => {
    assert.equal(pool.size, 0);
    assert.equal(pool.take(recipe()), undefined);
  });

  it("makes ready what may be wanted, and replaces what was taken", async () => {
    pool.expect(recipe());
    await until(() => pool.size === 2);
    const taken = pool.take(recipe());
    assert.ok(taken);
    await until(() => pool.size === 2);
    taken.process.channel.write("go\n");
    assert.equal((await taken.process.exited).code, 0);
  });

  it("says nothing to a shell, and one frame to whoever reads frames", async () => {
    const tells = "printf '\\0\\0\\0\\0\\017\\0\\0\\0\\0' >&3; head -c 11 <&3 | od -An -tx1";
    const both = [recipe(tells, "shell"), recipe(tells, "frames", "frames")] as const;
    for (const one of both) pool.expect(one);
    await until(() => both.every((one) => pool.has(one)));
    const heard = both.map(async (one) => {
      const { channel, stdout } = pool.take(one)?.process ?? assert.fail();
      if (one.reads === "a line") channel.write("hello shell");
      let text = "";
      for await (const chunk of stdout) text += chunk;
      return Buffer.from(text.replace(/\s/g, ""), "hex").toString("latin1");
    });
    assert.deepEqual(await Promise.all(heard), ["hello shell", "\x02\0\0\0\b\0\0\0\0{}"]);
  });

  it("gives what can stand in for each other to whoever asks with the same key", async () => {
    pool.expect(recipe(SAYS, "one"));
    await until(() => pool.has(recipe(SAYS, "one")));
    assert.equal(pool.has(recipe(SAYS, "other")), false);
    pool.take(recipe(SAYS, "one"))?.process.kill();
  });

  it("holds no more than it may, and only the kinds that were asked for last", async () => {
    await pool.close();
    open(3);
    for (const key of ["a", "b", "c", "d"]) pool.expect(recipe(SAYS, key));
    await until(() => pool.size === 3);
    assert.deepEqual(
      ["a", "b", "c", "d"].map((key) => pool.has(recipe(SAYS, key))),
      [false, false, true, true],
    );
  });

  it("does nothing while the machine is busy, and goes on when it is woken", async () => {
    busy = true;
    pool.expect(recipe());
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(started.length, 0);
    busy = false;
    pool.wake();
    await until(() => pool.size === 2);
  });

  it("forgets a process that ended while it waited", async () => {
    pool.expect(recipe());
    await until(() => pool.size === 2);
    busy = true;
    started[0]?.kill();
    await until(() => pool.size === 1);
    const taken = pool.take(recipe());
    assert.equal(taken?.process, started[1]);
    taken?.process.kill();
  });

  it("does not try again and again what does not boot", async () => {
    pool.expect(recipe("exit 1"));
    await until(() => started.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(started.length <= 2, `${started.length} were started`);
    assert.equal(pool.size, 0);
  });

  it("ends what says anything else before it has booted", async () => {
    pool.expect(recipe("printf 'something else' >&3; sleep 60"));
    await until(() => started.length > 0);
    assert.equal((await started[0]?.exited)?.signal, "SIGKILL");
    assert.equal(pool.size, 0);
  });

  it("leaves no process and no slot when it is closed", async () => {
    pool.expect(recipe());
    await until(() => pool.size === 2);
    await pool.close();
    const slots = join(directory, "slots");
    for (;;) if ((await readdir(slots)).length === 0) break;
  });

  it("is no pool where it may hold nothing", () => {
    open(0);
    pool.expect(recipe());
    assert.equal(pool.take(recipe()), undefined);
  });
});
