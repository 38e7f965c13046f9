import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, realpath, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import type { Sandbox, SandboxedExit, SandboxedProcess, SandboxedProgram } from "./sandbox.ts";

/** A tier as the suite sees it. */
export interface SandboxSubject {
  readonly tier: string;
  /** Whether it has walls: a file system, processes and limits of its own for each program. */
  readonly walled: boolean;
  /** A sandbox, or why it cannot be had here. */
  readonly open: () => Promise<Sandbox | string>;
}

type Case = (name: string, behaviour: (bench: Bench) => Promise<void>) => void;

/** What every tier does, and what those do that have walls. */
export function sandboxContract({ tier, walled, open }: SandboxSubject): void {
  describe(`sandbox ${tier}`, { concurrency: 4 }, () => {
    const test: Case = (name, behaviour) => {
      it(name, { timeout: 60_000 }, async (t) => {
        const sandbox = await open();
        if (typeof sandbox === "string") return t.skip(sandbox);
        const bench = await createBench(sandbox);
        try {
          await behaviour(bench);
        } finally {
          await bench.dispose();
        }
      });
    };
    for (const cases of [running, ending, freezing]) cases(test);
    if (!walled) return;
    for (const cases of [containing, limiting, files, networks]) cases(test);
  });
}

function running(test: Case): void {
  test("stdout and stderr arrive, each by itself", async ({ shell }) => {
    const program = shell("echo out; echo err >&2");
    assert.deepEqual(await outcome(program), { ...DONE, stdout: "out\n", stderr: "err\n" });
  });

  test("descriptor 3 is a channel in both directions", async ({ shell }) => {
    const program = shell('read -r line <&3; echo "heard $line" >&3');
    program.channel.write("hello\n");
    assert.equal(await text(program.channel), "heard hello\n");
    assert.deepEqual(await program.exited, DONE);
  });

  test("arguments arrive as they are", async ({ node }) => {
    const args = ["", "a b", "'", '"', "$(id)", "`id`", "\\", "--", "*", "new\nline", "ümlaut"];
    const { stdout } = await outcome(
      node("console.log(JSON.stringify(process.argv.slice(1)))", args),
    );
    assert.deepEqual(JSON.parse(stdout), args);
  });

  test("the environment is what was given, and PWD", async ({ node }) => {
    const environment = {
      PLAIN: "1",
      EMPTY: "",
      QUOTES: `it's "$HOME" \`id\` \\`,
      LINES: "one\ntwo\n",
      EQUALS: "a=b=c",
      __proto__x: "y",
      LD_LIBRARY_PATH: "/opt/lib:/var/task/lib",
      LANG: "en_US.UTF-8",
    };
    const { stdout } = await outcome(
      node("console.log(JSON.stringify(process.env))", [], { environment }),
    );
    const { PWD: _, ...rest } = JSON.parse(stdout);
    assert.deepEqual(rest, environment);
  });

  test("the working directory is the one that was asked for", async ({ shell, directory }) => {
    assert.equal((await outcome(shell("pwd -P"))).stdout, `${directory}\n`);
  });

  test("open files of ours become descriptors 4 and 5", async ({ shell, host }) => {
    await writeFile(join(host, "four"), "4");
    await writeFile(join(host, "five"), "5");
    const four = await open(join(host, "four"));
    const five = await open(join(host, "five"));
    try {
      const program = shell("cat <&5; cat <&4", { descriptors: [four.fd, five.fd] });
      assert.equal((await outcome(program)).stdout, "54");
    } finally {
      await Promise.all([four.close(), five.close()]);
    }
  });

  test("many start at once, and none hears another", async ({ shell }) => {
    const programs = Array.from({ length: 12 }, () => shell("cat <&3 >&3"));
    const heard = programs.map(async (program, n) => {
      program.channel.end(`I am ${n}`);
      return text(program.channel);
    });
    assert.deepEqual(
      await Promise.all(heard),
      programs.map((_, n) => `I am ${n}`),
    );
    for (const program of programs) assert.deepEqual(await program.exited, DONE);
  });
}

function ending(test: Case): void {
  test("the exit code is reported", async ({ shell }) => {
    assert.deepEqual(await shell("exit 7").exited, { code: 7, signal: null });
    assert.deepEqual(await shell("exit 0").exited, DONE);
  });

  test("the signal that ended it is reported", async ({ shell }) => {
    for (const signal of ["SIGTERM", "SIGSEGV", "SIGABRT", "SIGKILL"]) {
      const program = shell(`kill -${signal.slice(3)} $$`);
      assert.deepEqual(await outcome(program), { code: null, signal, stdout: "", stderr: "" });
    }
  });

  test("a command that is not there is an error or an exit", async ({ start }) => {
    const ended = async () => start({ command: "/nowhere/at-all" }).exited;
    const exit = await ended().catch((error: unknown) => error);
    if (!(exit instanceof Error)) assert.notEqual((exit as SandboxedExit).code, 0);
  });

  test("kill ends it, however often it is asked", async ({ shell }) => {
    const program = shell("echo ready >&3; exec sleep 1000");
    await once(program.channel, "data");
    program.kill();
    program.kill();
    assert.deepEqual(await program.exited, KILLED);
    program.kill();
  });

  test("kill reaches what the program started", async ({ shell }) => {
    const program = shell(`(sleep 1000 & sleep 1000) & (${SPEAK}; exec sleep 1000)`);
    await once(program.channel, "data");
    program.kill();
    // They hold stdout: its end proves that all are gone.
    assert.deepEqual(await outcome(program), { ...KILLED, stdout: "", stderr: "" });
  });

  test("kill straight after the start leaves nothing behind", async ({ shell }) => {
    const programs = Array.from({ length: 8 }, () => shell("sleep 1000 & exec sleep 1000"));
    for (const program of programs) program.kill();
    for (const program of programs) {
      const { signal } = await outcome(program);
      assert.equal(signal, "SIGKILL");
    }
  });

  test("what the program leaves running ends with it", async ({ shell }) => {
    const program = shell(`sleep 1000 & ${SPEAK}; exit 5`);
    assert.deepEqual(await outcome(program), { code: 5, signal: null, stdout: "", stderr: "" });
  });

  test("memory is told while it runs, and is none afterwards", async ({ node }) => {
    const program = node(
      `${ALLOCATE} hold(64); fs.writeSync(3, 'held'); setInterval(() => {}, 1000)`,
    );
    await once(program.channel, "data");
    const held = program.memory() / MB;
    assert.ok(held > 64 && held < 400, `${held} MB`);
    program.kill();
    await program.exited;
    assert.equal(program.memory(), 0);
  });
}

function containing(test: Case): void {
  const daemon = `(setsid sh -c 'setsid sleep 1000 & ${SPEAK}; sleep 1000' &)`;

  test("kill reaches what left the program's session", async ({ shell }) => {
    const program = shell(`${daemon}; exec sleep 1000`);
    await once(program.channel, "data");
    program.kill();
    assert.deepEqual(await outcome(program), { ...KILLED, stdout: "", stderr: "" });
  });

  test("what left the program's session ends with the program", async ({ shell }) => {
    const program = shell(`${daemon}; read -r go <&3; exit 5`);
    await once(program.channel, "data");
    program.channel.write("go\n");
    assert.deepEqual(await outcome(program), { code: 5, signal: null, stdout: "", stderr: "" });
  });
}

function limiting(test: Case): void {
  test("more memory than allowed ends it, and it is said why", async ({ node }) => {
    const program = node(`${ALLOCATE} for (;;) hold(10);`, [], { limits: { memoryMB: 128 } });
    assert.deepEqual(await program.exited, { ...KILLED, outOfMemory: true });
  });

  test("memory of children counts too", async ({ shell }) => {
    const grow = `/lang/bin/node -e "${ALLOCATE} for (;;) hold(10);"`;
    const program = shell(`${grow}; exit $?`, { limits: { memoryMB: 128 } });
    assert.deepEqual(await program.exited, { ...KILLED, outOfMemory: true });
  });

  test("memory within the limit, and files in /tmp, do not", async ({ node }) => {
    const script = `${ALLOCATE} hold(40); const part = Buffer.alloc(2 ** 20, 1);
      for (let n = 0; n < 200; n++) fs.appendFileSync('/tmp/file', part);
      setTimeout(() => console.log('alive'), 200);`;
    const program = node(script, [], { limits: { memoryMB: 128 } });
    assert.deepEqual(await outcome(program), { ...DONE, stdout: "alive\n", stderr: "" });
  });

  test("the memory limit of a running program can be set, raised and lowered", async ({ node }) => {
    const program = node(
      `${ALLOCATE} require('net').Socket({ fd: 3 }).on('data', (mb) => {
        hold(Number(mb)); fs.writeSync(3, 'held'); })`,
    );
    const hold = async (mb: number) => {
      program.channel.write(`${mb}`);
      await once(program.channel, "data");
    };
    program.limit?.({ memoryMB: 400 });
    await hold(200);
    program.limit?.({ memoryMB: 200 });
    assert.deepEqual(await program.exited, { ...KILLED, outOfMemory: true });
  });

  test("more processes than allowed cannot be started", async ({ shell }) => {
    const fork = "i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i + 1)); done; echo all";
    const program = shell(fork, { limits: { processes: 50 } });
    const { stdout, stderr } = await outcome(program);
    assert.equal(stdout, "");
    assert.match(stderr, /fork|resource/i);
  });

  test("more files than allowed cannot be opened", async ({ node }) => {
    const script = `let n = 0; try { for (;;) { fs.openSync('/dev/null'); n++; } }
      catch (error) { console.log(error.code, n < 100); }`;
    const program = node(script, [], { limits: { openFiles: 100 } });
    assert.equal((await outcome(program)).stdout, "EMFILE true\n");
  });

  test("the share of the processor can be set again and again", async ({ shell }) => {
    const program = shell(`${SPEAK}; read -r go <&3; echo ${"$"}go`);
    await once(program.channel, "data");
    for (const cpus of [2, 0.05, 0.5, 0.01, 1]) program.limit?.({ cpus });
    program.limit?.({ memoryMB: 256, cpus: 0.5, processes: 100 });
    program.channel.write("fine\n");
    assert.deepEqual(await outcome(program), { ...DONE, stdout: "fine\n", stderr: "" });
  });

  test("limits of a frozen program count when it is thawed", async ({ node }) => {
    const program = node(
      `${ALLOCATE} require('net').Socket({ fd: 3 }).on('data', (mb) => {
        hold(Number(mb)); fs.writeSync(3, 'held'); }); fs.writeSync(3, 'ready')`,
      [],
      { limits: { memoryMB: 400 } },
    );
    await once(program.channel, "data");
    program.freeze?.();
    program.limit?.({ memoryMB: 128, cpus: 1, processes: 100 });
    program.thaw?.();
    program.channel.write("200");
    assert.deepEqual(await program.exited, { ...KILLED, outOfMemory: true });
  });

  test("memory that processes share counts too, also where nobody maps it any more", async ({
    shell,
  }) => {
    if (!existsSync(PYTHON)) return;
    const share = "import mmap, os; m = mmap.mmap(-1, 4 << 30)";
    const fill = "[m.write(bytes(1 << 20)) for _ in range(4096)]";
    const program = shell(`exec ${PYTHON} -c '${share}; ${fill}'`, {
      limits: { memoryMB: 128 },
      filesystem: { mounts: [], tmpMB: 64 },
    });
    assert.equal((await program.exited).outOfMemory, true);
  });

  test("processor time is shared out, where the machine can", async ({ node, sandbox }) => {
    if (!sandbox.enforces.some((wall) => wall.startsWith("processor time"))) return;
    const script = `const begun = process.cpuUsage(); const end = Date.now() + 1000;
      while (Date.now() < end); console.log(process.cpuUsage(begun).user / 1000);`;
    const { stdout } = await outcome(node(script, [], { limits: { cpus: 0.2 } }));
    assert.ok(Number(stdout) < 600, `${stdout.trim()} ms of processor time in a second`);
  });
}

function freezing(test: Case): void {
  test("a frozen program does nothing until it is thawed", async ({ shell }) => {
    const program = shell("while read -r line <&3; do echo $line >&3; done");
    const answer = async () => String((await once(program.channel, "data"))[0]).trim();
    program.channel.write("warm\n");
    assert.equal(await answer(), "warm");
    program.freeze?.();
    program.freeze?.();
    program.channel.write("cold\n");
    const later = answer();
    const pause = new Promise((resolve) => setTimeout(resolve, 50, "nothing"));
    assert.equal(await Promise.race([later, pause]), "nothing");
    program.thaw?.();
    program.thaw?.();
    assert.equal(await later, "cold");
  });

  test("what the program started is frozen and thawed with it", async ({ shell }) => {
    const program = shell("(while read -r line <&3; do echo $line >&3; done) & wait");
    const answer = async () => String((await once(program.channel, "data"))[0]).trim();
    for (const round of ["first", "second"]) {
      program.channel.write(`${round}\n`);
      assert.equal(await answer(), round);
      program.freeze?.();
      program.channel.write("cold\n");
      const later = answer();
      const pause = new Promise((resolve) => setTimeout(resolve, 50, "nothing"));
      assert.equal(await Promise.race([later, pause]), "nothing");
      program.thaw?.();
      assert.equal(await later, "cold");
    }
  });

  test("a frozen program can be killed", async ({ shell }) => {
    const program = shell(`${SPEAK}; sleep 1000 & exec sleep 1000`);
    await once(program.channel, "data");
    program.freeze?.();
    program.kill();
    assert.deepEqual(await outcome(program), { ...KILLED, stdout: "", stderr: "" });
  });
}

function files(test: Case): void {
  test("mounts are where they should be, and cannot be written", async ({ shell, host }) => {
    await mkdir(join(host, "slot", "task"), { recursive: true });
    await writeFile(join(host, "slot", "task", "code"), "code");
    const mounts = [{ source: join(host, "slot"), target: "/var" }];
    const script = "cat /var/task/code; echo changed > /var/task/code; rm /var/task/code";
    const program = shell(script, { filesystem: { mounts, tmpMB: 8 } });
    const { stdout, stderr } = await outcome(program);
    assert.equal(stdout, "code");
    assert.equal(stderr.match(/Read-only file system/g)?.length, 2, stderr);
  });

  test("code that is renamed into a mounted slot appears", async ({ shell, host }) => {
    await mkdir(join(host, "slot"));
    await mkdir(join(host, "prepared"));
    await writeFile(join(host, "prepared", "code"), "late");
    const mounts = [{ source: join(host, "slot"), target: "/var" }];
    const program = shell("read -r go <&3; cat /var/task/code", {
      filesystem: { mounts, tmpMB: 8 },
    });
    await rename(join(host, "prepared"), join(host, "slot", "task"));
    program.channel.write("go\n");
    assert.equal((await outcome(program)).stdout, "late");
  });

  test("a mount may lie in another one, and be a file", async ({ shell, host }) => {
    await mkdir(join(host, "slot", "inner"), { recursive: true });
    await mkdir(join(host, "a place"));
    await writeFile(join(host, "a place", "file"), "inner");
    const mounts = [
      { source: join(host, "slot"), target: "/var" },
      { source: join(host, "a place"), target: "/var/inner" },
      { source: join(host, "a place", "file"), target: "/etc-like/one" },
    ];
    const program = shell("cat /var/inner/file /etc-like/one", {
      filesystem: { mounts, tmpMB: 8 },
    });
    assert.equal((await outcome(program)).stdout, "innerinner");
  });

  test("/tmp is the program's own, as large as was said, and nothing else can be written", async ({
    shell,
  }) => {
    const script = `echo mine > /tmp/mine; ls /tmp
      head -c 9000000 /dev/zero > /tmp/large || ls -s /tmp/large > /dev/null && echo full
      for place in / /usr /etc /dev /proc /var; do (echo x > $place/probe) 2> /dev/null && echo $place; done`;
    const program = shell(script, { filesystem: { mounts: [], tmpMB: 8 } });
    const { stdout, stderr } = await outcome(program);
    assert.equal(stdout, "mine\nfull\n");
    assert.match(stderr, /No space left on device/);
  });

  test("the program is an ordinary user with a name and without privileges", async ({ shell }) => {
    const script = "id -un; grep -E '^(CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs)' /proc/self/status";
    const { stdout } = await outcome(shell(script));
    const [name, ...facts] = stdout.trim().split("\n");
    assert.equal(name, "sbx_user1051");
    for (const fact of facts) assert.match(fact, /^Cap\w+:\t0+$|^NoNewPrivs:\t1$/);
  });

  test("nothing is open but what was given", async ({ shell, host }) => {
    await writeFile(join(host, "four"), "");
    const four = await open(join(host, "four"));
    try {
      const list = "cd /proc/$$/fd; for fd in *; do [ ! -e $fd ] || echo $fd; done";
      const program = shell(list, { descriptors: [four.fd] });
      assert.equal((await outcome(program)).stdout, "0\n1\n2\n3\n4\n");
    } finally {
      await four.close();
    }
  });
}

function networks(test: Case): void {
  const connect = (port: number) =>
    `require('net').connect(${port}, '127.0.0.1').on('connect', () => { console.log('reached'); process.exit(); })
      .on('error', (error) => console.log(error.code));`;
  const listen = `const server = require('net').createServer((peer) => peer.end('own')).listen(0, '127.0.0.1', () =>
      require('net').connect(server.address().port, '127.0.0.1').on('data', (data) => {
        console.log(String(data)); process.exit(); })).on('error', (error) => console.log(error.code));`;

  test("network host: as the platform's own", async ({ node }) => {
    const server = createServer((peer) => peer.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const answers = await Promise.all(
      ([undefined, "host", "loopback-only", "none"] as const).map(async (network) => {
        const program = node(connect(port), [], network ? { network } : {});
        return (await outcome(program)).stdout.trim();
      }),
    );
    server.close();
    assert.deepEqual(answers.slice(0, 3), ["reached", "reached", "ECONNREFUSED"]);
    assert.match(answers[3] ?? "", /^E(PERM|CONNREFUSED|NETUNREACH|ACCES)$/);
  });

  test("network loopback-only: a 127.0.0.1 of its own", async ({ node }) => {
    assert.equal((await outcome(node(listen, [], { network: "loopback-only" }))).stdout, "own\n");
  });

  test("network none: not even that", async ({ node }) => {
    assert.doesNotMatch((await outcome(node(listen, [], { network: "none" }))).stdout, /own/);
  });
}

const MB = 2 ** 20;
const PYTHON = "/usr/bin/python3";
const DONE = { code: 0, signal: null };
const KILLED = { code: null, signal: "SIGKILL" };
/** Says something on the channel. */
const SPEAK = "echo ready >&3";
/** Memory that is really used. */
const ALLOCATE =
  "const fs = require('fs'); const kept = []; const hold = (mb) => kept.push(Buffer.alloc(mb * 2 ** 20, 1));";

/** One sandbox with what a case needs. */
interface Bench {
  readonly sandbox: Sandbox;
  /** A directory of the host. */
  readonly host: string;
  /** The working directory as the program sees it. */
  readonly directory: string;
  start(program: Partial<SandboxedProgram> & { command: string }): SandboxedProcess;
  shell(script: string, more?: Partial<SandboxedProgram>): SandboxedProcess;
  node(
    script: string,
    args?: readonly string[],
    more?: Partial<SandboxedProgram>,
  ): SandboxedProcess;
  dispose(): Promise<void>;
}

const LANGUAGE = { source: dirname(dirname(process.execPath)), target: "/lang" };

async function createBench(sandbox: Sandbox): Promise<Bench> {
  const host = await realpath(await mkdtemp(join(tmpdir(), "yunque-sandbox-")));
  const walled = sandbox.ownFilesystem === true;
  const directory = walled ? "/tmp" : host;
  const started: SandboxedProcess[] = [];
  const start: Bench["start"] = (program) => {
    // Whatever the umask is: the program is another user.
    if (program.filesystem) execFileSync("chmod", ["-R", "a+rX", host]);
    const mounts = [LANGUAGE, ...(program.filesystem?.mounts ?? [])];
    const tmpMB = program.filesystem?.tmpMB ?? 512;
    const whole = {
      args: [],
      environment: {},
      directory,
      ...program,
      filesystem: { mounts, tmpMB },
    };
    const process = sandbox.start(whole);
    process.channel.on("error", () => {});
    started.push(process);
    return process;
  };
  return {
    sandbox,
    host,
    directory,
    start,
    shell: (script, more) => start({ command: "/bin/sh", args: ["-c", script], ...more }),
    node: (script, args = [], more = {}) =>
      start({
        command: walled ? "/lang/bin/node" : process.execPath,
        args: ["-e", script, "--", ...args],
        ...more,
      }),
    async dispose() {
      for (const process of started) process.kill();
      await Promise.all(started.map((process) => process.exited));
      await rm(host, { recursive: true, force: true });
    },
  };
}

/** Everything that a program said and how it ended; both of its outputs have ended too. */
async function outcome(
  program: SandboxedProcess,
): Promise<SandboxedExit & { stdout: string; stderr: string }> {
  const [stdout, stderr, exit] = await Promise.all([
    text(program.stdout),
    text(program.stderr),
    program.exited,
  ]);
  return { ...exit, stdout, stderr };
}
