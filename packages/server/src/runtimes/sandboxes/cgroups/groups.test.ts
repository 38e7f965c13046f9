import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { until } from "../../../ports/port.contract.ts";
import type { Cgroup, Cgroups } from "./cgroup.ts";
import { readIf } from "./files.ts";
import { ownGroups } from "./own-groups.ts";
import { cgroupsV1 } from "./v1.ts";
import { cgroupsV2 } from "./v2.ts";

const NO_V1 = "no control groups of version 1 that this user may change";
const NO_V2 =
  "no control groups of version 2 that this user may change: apt-get install user-mode-linux lets guest.test.ts try them";
const OPEN = { 1: openV1, 2: openV2 };

for (const version of [1, 2] as const) {
  describe(`control groups of version ${version}`, () => {
    const found = OPEN[version]();
    if (typeof found === "string") return void it("are tried", { skip: found });
    found.close();

    const test = (
      name: string,
      behaviour: (group: Cgroup, cgroups: Cgroups, t: TestContext) => Promise<void> | void,
    ) =>
      it(name, { timeout: 60_000 }, async (t) => {
        const cgroups = OPEN[version]() as Cgroups;
        const group = cgroups.create();
        try {
          await behaviour(group, cgroups, t);
        } finally {
          group.kill();
          await until(() => group.remove());
          cgroups.close();
        }
      });

    test("who enters is held, with all that it starts", async (group) => {
      const inside = enter(group, "sleep 1000 & sleep 1000 & echo in; wait");
      await heard(inside);
      assert.equal(group.remove(), false);
      assert.ok((group.usage() ?? 1) > 0);
      group.kill();
      await once(inside, "exit");
      await until(() => group.remove());
    });

    test("no more processes than allowed", async (group, cgroups, t) => {
      if (!cgroups.controls.processes) return t.skip("no pids controller here");
      group.limit({ processes: 5 });
      const inside = enter(
        group,
        "for i in 1 2 3 4 5 6 7 8; do sleep 1000 > /dev/null & done; echo all",
      );
      assert.equal(await said(inside), "");
    });

    test("beyond its memory the kernel ends a process, and counts it", async (group, cgroups, t) => {
      if (!cgroups.controls.memory) return t.skip("no memory controller here");
      group.limit({ memoryMB: 100 });
      group.limit({ memoryMB: 200 });
      group.limit({ memoryMB: 60 });
      assert.equal(group.killedForMemory(), 0);
      const script = "const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 20, 1));";
      const inside = enter(group, `"${process.execPath}" -e "${script}"; exit $?`);
      const [code] = await once(inside, "exit");
      assert.equal(code, 137);
      assert.equal(group.killedForMemory(), 1);
    });

    test("memory is counted, for the processes alone too", async (group, cgroups, t) => {
      if (!cgroups.controls.memory) return t.skip("no memory controller here");
      const script =
        "const kept = Buffer.alloc(64 * 2 ** 20, 1); console.log(kept.length); process.stdin.resume()";
      const inside = enter(group, `"${process.execPath}" -e "${script}"`);
      await heard(inside);
      const resident = group.resident() ?? 0;
      assert.ok(resident > 64 * 2 ** 20 && resident <= (group.usage() ?? 0), `${resident}`);
    });

    test("frozen processes do nothing, and can be killed", async (group, cgroups, t) => {
      if (!cgroups.controls.freezer) return t.skip("no freezer here");
      const inside = enter(group, "while read -r line; do echo $line; done");
      inside.stdin?.write("warm\n");
      await heard(inside);
      assert.equal(group.freeze(), true);
      inside.stdin?.write("cold\n");
      const later = heard(inside);
      const pause = new Promise((resolve) => setTimeout(resolve, 50, "nothing"));
      assert.equal(await Promise.race([later, pause]), "nothing");
      group.thaw();
      assert.equal(await later, "cold\n");
      group.freeze();
      group.kill();
      assert.deepEqual((await once(inside, "exit"))[1], "SIGKILL");
    });

    test("the next platform removes what a killed one left, frozen or not", async (_, cgroups) => {
      const left = await leftBehind(version);
      assert.ok(left.every(existsSync), left.join());
      await until(() => cgroups.removeAbandoned());
      assert.deepEqual(left.filter(existsSync), []);
    });

    test("groups of platforms that run are left alone", (group, cgroups) => {
      const another = OPEN[version]();
      assert.ok(typeof another === "object");
      assert.equal(another.removeAbandoned(), true);
      another.close();
      assert.ok(group.entrances.every(existsSync));
      assert.ok(cgroups.create().remove());
    });
  });
}

describe("control groups of version 2, handed down", () => {
  it("a platform that has its group for itself moves aside", { timeout: 60_000 }, async (t) => {
    const { v2 } = ownGroups();
    if (!isUsable(v2)) return t.skip(NO_V2);
    const scope = join(v2, `scope-${process.pid}`);
    mkdirSync(scope);
    try {
      const script = `import { cgroupsV2 } from ${JSON.stringify(join(import.meta.dirname, "v2.ts"))};
        const cgroups = cgroupsV2(${JSON.stringify(scope)});
        console.log(JSON.stringify(cgroups?.controls)); cgroups?.close();`;
      const entrance = { entrances: [join(scope, "cgroup.procs")] } as unknown as Cgroup;
      const inside = enter(entrance, `"${process.execPath}" --input-type=module -e '${script}'`);
      const controls = JSON.parse(await said(inside));
      assert.deepEqual(controls, { memory: true, cpu: true, processes: true, freezer: true });
    } finally {
      await until(() => gone(join(scope, "yunque-platform")));
      await until(() => gone(scope));
    }
  });
});

function openV1(): Cgroups | string {
  return cgroupsV1(ownGroups().v1) ?? NO_V1;
}

function openV2(): Cgroups | string {
  const { v2 } = ownGroups();
  return (isUsable(v2) ? cgroupsV2(v2) : undefined) ?? NO_V2;
}

/** Only where it counts: these machines have two kinds at once, and then one is empty. */
function isUsable(v2: string | undefined): v2 is string {
  return v2 !== undefined && /\bmemory\b/.test(readIf(join(v2, "cgroup.controllers")) ?? "");
}

function enter(group: Pick<Cgroup, "entrances">, script: string): ChildProcess {
  const join = group.entrances.map((path) => `echo 0 > '${path}' && `).join("");
  const child = spawn("/bin/sh", ["-c", `${join} { ${script}\n}`], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin?.on("error", () => {});
  return child;
}

const heard = async ({ stdout }: ChildProcess): Promise<string> =>
  stdout ? String((await once(stdout, "data"))[0]) : "";

const said = async ({ stdout }: ChildProcess): Promise<string> => (stdout ? text(stdout) : "");

/** The directories of a platform that was killed while one of its instances was frozen. */
async function leftBehind(version: 1 | 2): Promise<string[]> {
  const script = `import { ownGroups } from "./own-groups.ts";
    import { cgroupsV${version} } from "./v${version}.ts";
    import { spawn } from "node:child_process";
    const group = cgroupsV${version}(ownGroups().v${version}).create();
    const enter = group.entrances.map((path) => "echo 0 > '" + path + "';").join("");
    spawn("/bin/sh", ["-c", enter + "echo in; exec sleep 1000"], { detached: true }).stdout.on("data", () => {
      group.freeze();
      console.log(JSON.stringify(group.entrances));
    });`;
  const platform = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(platform.stdout, "data");
  platform.kill("SIGKILL");
  await once(platform, "exit");
  return JSON.parse(String(line)).map((path: string) => dirname(dirname(path)));
}

function gone(directory: string): boolean {
  try {
    rmdirSync(directory);
  } catch {
    return !existsSync(directory);
  }
  return true;
}
