import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { SandboxedProcess } from "../../ports/sandbox.ts";
import { processSandbox } from "./process.ts";

describe("a plain process", () => {
  let directory: string;
  let started: SandboxedProcess[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-process-"));
    started = [];
  });
  afterEach(async () => {
    for (const one of started) one.kill();
    await Promise.all(started.map(({ exited }) => exited));
    await rm(directory, { recursive: true, force: true });
  });

  const start = (script: string, descriptors: number[] = []): SandboxedProcess => {
    const environment = { PATH: "/usr/bin:/bin", ONLY: "this" };
    const one = processSandbox.start({
      command: "/bin/sh",
      args: ["-c", script],
      environment,
      directory,
      descriptors,
    });
    started.push(one);
    return one;
  };
  const node = (script: string): SandboxedProcess => {
    const one = processSandbox.start({
      command: process.execPath,
      args: ["-e", script],
      environment: {},
      directory,
    });
    started.push(one);
    return one;
  };
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  it("has its own directory and environment, and nothing of ours", async () => {
    process.env["YUNQUE_TEST_SECRET"] = "ours";
    const one = start('pwd; echo "$ONLY$YUNQUE_TEST_SECRET"');
    delete process.env["YUNQUE_TEST_SECRET"];
    assert.deepEqual((await text(one.stdout)).split("\n"), [directory, "this", ""]);
  });

  it("speaks through descriptor 3, both ways", async () => {
    const one = start('read line <&3; echo "got $line" >&3');
    one.channel.write("hello\n");
    one.channel.setEncoding("utf8");
    let heard = "";
    one.channel.on("data", (chunk: string) => {
      heard += chunk;
    });
    await one.exited;
    await until(() => heard.length > 0);
    assert.equal(heard, "got hello\n");
  });

  it("inherits the open files that it is given", async () => {
    await writeFile(join(directory, "shared"), "before");
    const descriptor = openSync(join(directory, "shared"), "r+");
    const one = start("cat <&4; printf after >&4", [descriptor]);
    assert.equal(await text(one.stdout), "before");
    await one.exited;
    closeSync(descriptor);
    assert.equal(readFileSync(join(directory, "shared"), "utf8"), "beforeafter");
  });

  it("tells how it ended", async () => {
    assert.deepEqual(await start("exit 7").exited, { code: 7, signal: null });
    assert.deepEqual(await start("kill -TERM $$").exited, { code: null, signal: "SIGTERM" });
  });

  it("is ended with everything that it started, and may be ended twice", async () => {
    const one = start("sleep 600 & echo $!; wait");
    const [pid = ""] = await new Promise<string[]>((resolve) =>
      one.stdout.once("data", (data: Buffer) => resolve(data.toString().split("\n"))),
    );
    one.kill();
    one.kill();
    assert.deepEqual(await one.exited, { code: null, signal: "SIGKILL" });
    await until(() => !running(Number(pid)));
    one.kill();
  });

  it("takes what it started with it when it ends by itself", async () => {
    const one = start("sleep 600 >/dev/null 2>&1 & echo $!");
    const pid = Number(await text(one.stdout));
    await one.exited;
    await until(() => !running(pid));
  });

  it("tells what it holds in memory, its children's included, and nothing once it is gone", async () => {
    const one = node(`
      const hold = Buffer.alloc(60e6, 1);
      const child = require("child_process").spawn(process.execPath, ["-e", "globalThis.hold = Buffer.alloc(90e6, 1); setTimeout(() => {}, 1e6)"]);
      setTimeout(() => hold, 1e6);`);
    await until(() => one.memory() > 180e6);
    one.kill();
    await one.exited;
    assert.equal(one.memory(), 0);
  });

  it("cannot be a program that is not there", () => {
    const program = { command: "/no/such/program", args: [], environment: {}, directory };
    assert.throws(() => processSandbox.start(program), /\/no\/such\/program could not be started/);
  });
});

/** A process that has ended, but that nobody has waited for, does not run any more. */
function running(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
