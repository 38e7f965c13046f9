/** From inside of an instance: everything beyond its own walls is refused. And without walls it is not. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { hostname, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type {
  Sandbox,
  SandboxedProcess,
  SandboxLimits,
} from "../../packages/server/src/ports/sandbox.ts";
import {
  chooseSandbox,
  TIERS,
  type Tier,
} from "../../packages/server/src/runtimes/sandboxes/index.ts";
import type { Findings, Targets } from "./escape-attempts.ts";
import { callNumbers, identified, reachedIn } from "./escape-targets.ts";

const ATTEMPTS = join(import.meta.dirname, "escape-attempts.ts");
const LANGUAGE = { source: dirname(dirname(process.execPath)), target: "/var/lang" };
const SECRET = "the secret of another instance";
/** What proves that the attempts work: without walls these succeed. */
const REACHED_WITHOUT_WALLS = [
  "read the data directory",
  "read it through a link",
  "read another instance's code",
  "read another instance's environment",
  "read another instance's command line",
  "signal the platform and the other instance",
  "connect to the platform's socket",
  "learn the host's name",
  "change its own code",
  "add to its own code",
];
const CALLED_WITHOUT_WALLS = ["ptrace", "process_vm_readv", "get_mempolicy"];

for (const tier of TIERS) {
  describe(`from inside of ${tier}`, { timeout: 120_000 }, () => {
    let scene: Scene | string;
    let findings: { readonly walls: Findings; readonly calls: Findings };

    before(async () => {
      scene = await createScene(tier);
      if (typeof scene !== "string") findings = await scene.attempt();
    });
    after(async () => {
      if (typeof scene !== "string") await scene.dispose();
    });

    const within = (name: string, behaviour: (scene: Scene) => Promise<void> | void) =>
      test(name, (t) => (typeof scene === "string" ? t.skip(scene) : behaviour(scene)));

    if (tier === "none") {
      within("without walls the attempts succeed: they prove something", () => {
        for (const name of REACHED_WITHOUT_WALLS)
          assert.equal(findings.walls[name], "reached", name);
        for (const name of CALLED_WITHOUT_WALLS)
          assert.equal(findings.calls[name], "reached", name);
      });
      return;
    }

    within("no file, process or socket of others is reached, and nothing can be changed", () => {
      assert.deepEqual(reachedIn(findings.walls), []);
      for (const name of REACHED_WITHOUT_WALLS) assert.ok(findings.walls[name], name);
    });

    within("no system call beyond what programs need", ({ sandbox }) => {
      if (!sandbox.enforces.includes("a system call filter")) {
        assert.match(JSON.stringify(sandbox.lacks), /every system call/);
        return;
      }
      const {
        "a packet socket": packet,
        "a socket to the hypervisor": vsock,
        ...calls
      } = findings.calls;
      assert.deepEqual([packet, vsock], ["EAFNOSUPPORT", "EAFNOSUPPORT"]);
      for (const [name, how] of Object.entries(calls)) assert.equal(how, "EPERM", name);
    });

    within("a fork bomb starves itself alone", async ({ start }) => {
      // One fork of its own, while there is room for it: a shell that cannot fork ends.
      const bomb = "bomb() { bomb | bomb & }; (bomb) & while :; do :; done";
      const program = start({ command: "/bin/sh", args: ["-c", bomb], limits: { processes: 200 } });
      await fails(program);
      const other = start({ command: "/bin/sh", args: ["-c", "echo fine"] });
      assert.equal(await text(other.stdout), "fine\n");
      program.kill();
      assert.equal((await program.exited).signal, "SIGKILL");
    });

    within("who fills the memory is ended, and nobody else", async ({ start }) => {
      const program = start({
        command: "/var/lang/bin/node",
        args: ["-e", "const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 22, 1));"],
        limits: { memoryMB: 128 },
      });
      assert.deepEqual(await program.exited, { code: null, signal: "SIGKILL", outOfMemory: true });
    });

    within("who fills /tmp finds it full", async ({ start }) => {
      const fill = "head -c 100000000 /dev/zero";
      const script = `${fill} > /tmp/file; ${fill} > /tmp/more`;
      const program = start({ command: "/bin/sh", args: ["-c", script], tmpMB: 64 });
      assert.match(await text(program.stderr), /(No space left on device[\s\S]*){2}/);
    });

    within("who opens files without end gets no more than its share", async ({ start }) => {
      const script = `let n = 0;
        try { for (;; n++) fs.openSync('/dev/null'); } catch (e) { console.log(e.code, n <= 1024); }`;
      const program = start({
        command: "/var/lang/bin/node",
        args: ["-e", script],
        limits: { openFiles: 1_024 },
      });
      assert.equal(await text(program.stdout), "EMFILE true\n");
    });
  });
}

/** A platform with a secret, another instance with one, and the instance that tries. */
interface Scene {
  readonly sandbox: Sandbox;
  start(program: Started): SandboxedProcess;
  attempt(): Promise<{ walls: Findings; calls: Findings }>;
  dispose(): Promise<void>;
}

interface Started {
  readonly command: string;
  readonly args: readonly string[];
  readonly limits?: SandboxLimits;
  readonly environment?: Readonly<Record<string, string>>;
  readonly slot?: string;
  readonly tmpMB?: number;
}

async function createScene(tier: Tier): Promise<Scene | string> {
  const data = await mkdtemp(join(tmpdir(), "yunque-escape-"));
  await chmod(data, 0o755); // whoever comes so far shall be able to read it
  let sandbox: Sandbox;
  try {
    ({ sandbox } = await chooseSandbox({ tier, directory: join(data, "sandboxes") }));
  } catch (error) {
    await rm(data, { recursive: true, force: true });
    return (error as Error).message;
  }
  const walled = sandbox.ownFilesystem === true;
  const slots = { other: join(data, "other"), own: join(data, "own") };
  for (const slot of Object.values(slots)) {
    await mkdir(slot);
    await copyFile(ATTEMPTS, join(slot, basename(ATTEMPTS)));
  }
  await writeFile(join(data, "secret"), "the platform's secret");
  execFileSync("chmod", ["-R", "a+rX", slots.other, slots.own, join(data, "secret")]);
  const socket = join(data, "socket");
  const server = createServer((peer) => peer.end()).listen(socket);
  await once(server, "listening");
  await chmod(socket, 0o777);
  const started: SandboxedProcess[] = [];
  const start = ({ slot = slots.own, tmpMB = 64, ...program }: Started): SandboxedProcess => {
    const mounts = [
      LANGUAGE,
      { source: slot, target: "/var/task" },
      { source: slot, target: "/opt" },
    ];
    const filesystem = { mounts, tmpMB };
    const whole = { environment: {}, directory: walled ? "/" : slot, ...program, filesystem };
    const process = sandbox.start(whole);
    process.channel.on("error", () => {});
    started.push(process);
    return process;
  };
  const note = `/tmp/${basename(data)}-note`;
  const other = start({
    command: "/bin/sh",
    args: ["-c", `: ${SECRET}; echo '${SECRET}' > ${note}; echo ready >&3; sleep 1000`],
    environment: { SECRET },
    slot: slots.other,
  });
  await once(other.channel, "data");
  return {
    sandbox,
    start,
    async attempt() {
      const targets: Targets = {
        secretFile: join(data, "secret"),
        otherSlot: slots.other,
        otherSecret: SECRET,
        processes: await Promise.all([process.pid, other.pid].map(identified)),
        socket,
        code: join(walled ? "/var/task" : slots.own, basename(ATTEMPTS)),
        hostname: hostname(),
        calls: callNumbers(),
        walled,
      };
      const program = start({
        command: walled ? "/var/lang/bin/node" : process.execPath,
        args: [targets.code],
        environment: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      });
      program.channel.write(JSON.stringify(targets));
      const [said, complaints] = await Promise.all([text(program.stdout), text(program.stderr)]);
      assert.ok(said.startsWith("{"), complaints);
      return JSON.parse(said);
    },
    async dispose() {
      for (const each of started) each.kill();
      await Promise.all(started.map((each) => each.exited));
      sandbox.close?.();
      await closed(server);
      for (const path of [data, note]) await rm(path, { recursive: true, force: true });
    },
  };
}

/** Resolves when the program complains. */
const fails = async ({ stderr }: SandboxedProcess): Promise<unknown> => once(stderr, "data");

const closed = (server: Server): Promise<unknown> =>
  new Promise((resolve) => server.close(resolve));
