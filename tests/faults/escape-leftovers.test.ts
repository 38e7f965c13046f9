/** What a function leaves behind: nothing of it outlives its instance, and nothing reaches another one. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import {
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

/** Leaves programs that are in no group, session or tree of its own any more; their words show them on the host. */
const LEAVING = `
  const { spawn } = require("node:child_process");
  exports.handler = async ({ marker, exit }) => {
    const daemon = "setsid sh -c 'setsid sh -c \\"while :; do sleep 0.01; done; : " + marker + "\\" &' &";
    for (let n = 0; n < 3; n++) spawn("/bin/sh", ["-c", daemon], { detached: true, stdio: "ignore" }).unref();
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (exit) process.exit(1);
    return "left";
  };`;
const KEEPING = `
  const fs = require("node:fs");
  const attempt = (action) => { try { return action() ?? "done"; } catch (error) { return error.code; } };
  exports.handler = async ({ keep, exit }) => {
    const found = ["/tmp", "/dev/shm", "/var/tmp", "/opt", "/var/task"].flatMap((place) => {
      const names = attempt(() => fs.readdirSync(place));
      return Array.isArray(names) ? names.filter((name) => name.includes("kept")) : [];
    });
    if (keep) for (const place of ["/tmp", "/dev/shm", "/var/tmp", "/opt", "/var/task"])
      attempt(() => fs.writeFileSync(place + "/kept", "x"));
    if (exit) process.exit(1);
    return { pid: process.pid, found };
  };`;

for (const tier of ["bubblewrap", "unshare"]) {
  const started = await startPlatform({ flags: ["--isolation", tier] }).catch(
    (error: Error) => error,
  );
  const reason = /the sandbox \w+ does not work here: .*/.exec(String(started))?.[0];
  if (started instanceof Error && reason === undefined) throw started;

  describe(`left behind by functions inside of ${tier}`, { skip: reason ?? false }, () => {
    const platform = started as TestPlatform;
    let client: LambdaClient;
    before(() => {
      client = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    });
    after(async () => {
      client.destroy();
      await platform.stop();
    });
    const call = async (FunctionName: string, event: unknown): Promise<string> => {
      const Payload = JSON.stringify(event);
      const answer = await client.send(new InvokeCommand({ FunctionName, Payload }));
      return answer.Payload?.transformToString() ?? "";
    };
    const settings = { MemorySize: 1_769, Timeout: 20 };

    test("programs that left its tree end when the function changes", {
      timeout: 60_000,
    }, async () => {
      await deploy(client, "changing", { "index.js": LEAVING }, settings);
      const marker = newMarker();
      assert.equal(await call("changing", { marker }), '"left"');
      assert.ok(alive(marker).length > 0, "they ran");
      const Environment = { Variables: { CHANGED: "yes" } };
      await client.send(
        new UpdateFunctionConfigurationCommand({ FunctionName: "changing", Environment }),
      );
      await untilGone(marker);
    });

    test("they stand still while their instance has nothing to do", {
      timeout: 60_000,
    }, async () => {
      await deploy(client, "idling", { "index.js": LEAVING.replace("sleep 0.01", ":") }, settings);
      const marker = newMarker();
      assert.equal(await call("idling", { marker }), '"left"');
      const busy = alive(marker);
      assert.ok(busy.length > 0, "they ran");
      for (let before = ticks(busy), now = -1; now !== before; ) {
        before = ticks(busy);
        await wait(300); // they would use a hundred ticks in a second each
        now = ticks(busy);
      }
      assert.ok(ticks(busy) > 0, "they are still there");
    });

    test("and when the handler's process ends", { timeout: 60_000 }, async () => {
      await deploy(client, "exiting", { "index.js": LEAVING }, settings);
      const marker = newMarker();
      assert.match(await call("exiting", { marker, exit: true }), /Runtime\.ExitError/);
      await untilGone(marker);
    });

    test("what a function keeps, neither its next instance nor another function finds", async () => {
      for (const name of ["keeper", "finder"])
        await deploy(client, name, { "index.js": KEEPING }, settings);
      assert.match(await call("keeper", { keep: true }), /"found":\[\]/);
      assert.match(await call("keeper", {}), /"found":\["kept"\]/); // its own instance's /tmp, as on AWS
      assert.match(await call("finder", {}), /"found":\[\]/);
      await call("keeper", { exit: true });
      assert.match(await call("keeper", {}), /"found":\[\]/);
    });

    test("when the platform stops nothing is left", { timeout: 60_000 }, async () => {
      await deploy(client, "last", { "index.js": LEAVING }, settings);
      const marker = newMarker();
      assert.equal(await call("last", { marker }), '"left"');
      assert.ok(alive(marker).length > 0);
      assert.equal(await platform.stop(), 0, platform.log());
      assert.deepEqual(alive(marker), []);
    });
  });
}

function newMarker(): string {
  return `left-${process.pid}-${Math.random().toString(36).slice(2)}`;
}

/** Programs of this machine that were started with this word. */
function alive(marker: string): string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "latin1").includes(marker);
    } catch {
      return false; // it is gone
    }
  });
}

/** Processor time that these have used: proc(5), stat. */
function ticks(pids: readonly string[]): number {
  return pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}

async function untilGone(marker: string): Promise<void> {
  while (alive(marker).length > 0) await wait(10);
}
