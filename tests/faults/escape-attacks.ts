/**
 * Functions that try to take the machine from everybody else. Each is a real handler; what it answers, or how it ends,
 * says that it came up against a wall.
 */
import type { Settings } from "../deploy.ts";

export interface Attack {
  readonly name: string;
  /** The body of `handler(event)`; `sh`, `perl` and `until` are there. */
  readonly body: string;
  /** What the answer, or the error, must be. */
  readonly contained: RegExp;
  readonly settings?: Settings;
  /** Why it cannot be tried or held everywhere; then the platform must say so in its health. */
  readonly needs?: "a filter or counted memory";
}

/** What every attack begins with. */
export const PRELUDE = `
  const fs = require("node:fs");
  const { spawn, spawnSync } = require("node:child_process");
  const sh = (script, options = {}) =>
    spawn("/bin/sh", ["-c", script], { stdio: "ignore", ...options }).on("error", () => {});
  const perl = (script) => {
    const { stdout, stderr, status, signal } = spawnSync("perl", ["-e", script], { encoding: "utf8" });
    return { out: stdout, err: stderr.slice(0, 200), status, signal };
  };
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  /** Makes as many as it can. */
  const until = (make, most) => {
    const made = [];
    try { while (made.length < most) made.push(make()); return { made: made.length, error: "none" }; }
    catch (error) { return { made: made.length, error: error.code ?? error.message }; }
  };
`;

const QUICK: Settings = { Timeout: 2, MemorySize: 256 };
const OUT_OF_MEMORY = /Runtime\.OutOfMemory|Runtime\.ExitError|"signal":"SIGKILL"/;

export const ATTACKS: readonly Attack[] = [
  {
    name: "a fork bomb",
    body: `sh("b() { b | b & }; b; while :; do :; done"); await sleep(60_000);`,
    contained: /Sandbox\.Timedout|Runtime\.(ExitError|OutOfMemory)/,
    settings: QUICK,
  },
  {
    name: "a bomb of sessions that leave their group",
    body: `sh("b() { setsid sh -c 'sleep 1000 & sleep 1000' & setsid sh -c 'sleep 1000' & }; while :; do b; done"); await sleep(60_000);`,
    contained: /Sandbox\.Timedout|Runtime\.(ExitError|OutOfMemory)/,
    settings: QUICK,
  },
  {
    name: "spinning on more processors than it has",
    body: `for (let n = 0; n < 16; n++) sh("while :; do :; done"); await sleep(60_000);`,
    contained: /Sandbox\.Timedout/,
    settings: QUICK,
  },
  {
    name: "filling memory with buffers",
    body: `const kept = []; for (;;) { kept.push(Buffer.alloc(16 << 20, 1)); await sleep(0); }`,
    contained: OUT_OF_MEMORY,
    settings: { Timeout: 20, MemorySize: 256 },
  },
  {
    name: "filling memory in a child",
    body: `return perl('my @kept; push @kept, "x" x (16 << 20) for 1 .. 400; print scalar @kept');`,
    contained: OUT_OF_MEMORY,
    settings: { Timeout: 20, MemorySize: 256 },
  },
  {
    name: "filling memory that nobody maps: System V",
    body: `return perl('for my $n (1 .. 300) { my $id = shmget(0, 16 << 20, 0600); defined $id or do { print "refused $!"; exit };
      shmwrite($id, "x" x (16 << 20), 0, 16 << 20) } print "all"');`,
    contained: /refused|Runtime\.OutOfMemory|Runtime\.ExitError|"signal":"SIGKILL"/,
    settings: { Timeout: 20, MemorySize: 256 },
    needs: "a filter or counted memory",
  },
  {
    name: "filling memory that nobody maps: nameless files",
    body: `return perl('my $fd = syscall(${process.arch === "arm64" ? 279 : 319}, my $name = "x", 0); $fd >= 0 or do { print "refused $!"; exit };
      open my $file, ">&=", $fd; syswrite $file, "x" x (16 << 20) for 1 .. 300; print "all"');`,
    contained: /refused|Runtime\.OutOfMemory|Runtime\.ExitError|"signal":"SIGKILL"/,
    settings: { Timeout: 20, MemorySize: 256 },
    needs: "a filter or counted memory",
  },
  {
    name: "filling memory through what the platform handed it",
    body: `const part = Buffer.alloc(4 << 20, 1);
      const direct = until(() => fs.writeSync(4, part), 2_000).error;
      const again = until(() => { fs.fchmodSync(4, 0o600); return fs.openSync("/proc/self/fd/4", "r+"); }, 1).error;
      if (again !== "none") return { direct, again };
      const file = fs.openSync("/proc/self/fd/4", "r+");
      for (;;) { fs.writeSync(file, part); await sleep(0); }`,
    contained: /"direct":"EBADF","again":"E(ACCES|PERM|ROFS)"|Runtime\.(OutOfMemory|ExitError)/,
    settings: { Timeout: 20, MemorySize: 256 },
  },
  {
    name: "filling /tmp",
    body: `const part = Buffer.alloc(8 << 20, 1);
      return until(() => fs.appendFileSync("/tmp/full", part), 200);`,
    contained: /"made":\d\d?,"error":"ENOSPC"/,
    settings: { Timeout: 20, MemorySize: 1_024, EphemeralStorage: { Size: 512 } },
  },
  {
    name: "filling /tmp with nothing but names",
    body: `return until(() => fs.writeFileSync("/tmp/" + Math.random(), ""), 60_000);`,
    contained: /ENOSPC|"made":60000,"error":"none"|Runtime\.OutOfMemory|Sandbox\.Timedout/,
    settings: { Timeout: 6, MemorySize: 1_769 },
  },
  {
    name: "writing wherever else something might be kept",
    body: `const places = ["/", "/dev", "/dev/shm", "/etc", "/home", "/opt", "/proc", "/run", "/sys", "/usr", "/usr/local", "/var", "/var/lang", "/var/runtime", "/var/task", "/var/tmp"];
      return "kept in: " + places.filter((place) => until(() => fs.writeFileSync(place + "/kept", "x"), 1).error === "none");`,
    contained: /"kept in: "/,
  },
  {
    name: "flooding stdout and stderr from children",
    body: `for (let n = 0; n < 8; n++) sh("yes '" + "y".repeat(4000) + "' >&" + (1 + n % 2), { stdio: "inherit" }); await sleep(60_000);`,
    contained: /Sandbox\.Timedout/,
    settings: QUICK,
  },
  {
    name: "opening files without end",
    body: `return until(() => fs.openSync("/dev/null"), 5_000);`,
    contained: /"error":"EMFILE"/,
  },
  {
    name: "opening sockets without end",
    body: `return until(() => { const file = fs.openSync("/dev/null"); return file; }, 900) &&
      perl('use Socket; my @s; while (@s < 5000) { socket(my $s, PF_UNIX, SOCK_STREAM, 0) or last; push @s, $s } print scalar(@s) < 1100 ? "few" : "many"');`,
    contained: /"out":"few"/,
  },
  {
    name: "watching files without end",
    body: `return perl('my @w; while (@w < 5000) { my $fd = syscall(${process.arch === "arm64" ? 26 : 294}, 0); $fd >= 0 or last; push @w, $fd } print scalar(@w) < 1100 ? "few" : "many"');`,
    contained: /"out":"few"/,
  },
  {
    name: "starting threads without end",
    body: `return perl('my @p; while (@p < 3000) { my $p = fork; defined $p or last; if (!$p) { sleep 1000; exit } push @p, $p } print scalar(@p) < 1100 ? "few" : "many"; kill 9, @p');`,
    contained: /"out":"few"|Runtime\.OutOfMemory|Sandbox\.Timedout/,
    settings: { Timeout: 10, MemorySize: 3_008 },
  },
  {
    name: "being more important than others",
    body: `const os = require("node:os");
      return { nice: until(() => os.setPriority(0, -10), 1).error !== "none",
        oom: until(() => fs.writeFileSync("/proc/self/oom_score_adj", "-900"), 1).error !== "none",
        score: fs.readFileSync("/proc/self/oom_score_adj", "utf8").trim() };`,
    contained: /"nice":true,"oom":true,"score":"1000"/,
  },
  {
    name: "reading the kernel",
    body: `const paths = ["/proc/kcore", "/proc/kmsg", "/dev/kmsg", "/dev/mem", "/proc/keys", "/sys/kernel", "/sys/fs/cgroup", "/proc/sys/kernel/cap_last_cap/../../../1/root/etc/shadow"];
      const read = paths.filter((path) => until(() => { const file = fs.openSync(path); if (path !== "/proc/keys") fs.readSync(file, Buffer.alloc(1)); }, 1).error === "none");
      const symbols = fs.readFileSync("/proc/kallsyms", "latin1").split("\\n").slice(0, 200).some((line) => /^0*[1-9a-f]/.test(line));
      const keys = until(() => { if (fs.readFileSync("/proc/keys", "latin1") !== "") throw new Error("keys"); }, 1).error;
      return { read: read.filter((path) => path !== "/proc/keys"), symbols, keys };`,
    contained: /"read":\[\],"symbols":false/,
  },
  {
    name: "changing the clock",
    body: `return perl('print "set" if syscall(${process.arch === "arm64" ? 112 : 227}, 0, pack("qq", 1, 0)) == 0; print "stepped" if syscall(${process.arch === "arm64" ? 171 : 159}, pack("L!", 1) . chr(0) x 256) >= 0');`,
    contained: /"out":""/,
  },
  {
    name: "changing the kernel's settings",
    body: `const paths = ["kernel/core_pattern", "kernel/hostname", "kernel/pid_max", "kernel/shmmax", "kernel/ns_last_pid", "net/ipv4/ip_forward", "vm/drop_caches", "vm/overcommit_memory", "user/max_user_namespaces", "fs/file-max"];
      return "changed: " + paths.filter((path) => until(() => fs.writeFileSync("/proc/sys/" + path, "1"), 1).error === "none");`,
    contained: /"changed: "/,
  },
  {
    name: "crashing",
    body: `const { signal } = spawnSync("/bin/sh", ["-c", "kill -SEGV $$"]); return { signal, left: fs.readdirSync("/tmp").filter((name) => name.includes("core")) };`,
    contained: /"signal":"SIGSEGV","left":\[\]/,
  },
  {
    name: "raising its own limits",
    body: `const { stdout } = spawnSync("/bin/sh", ["-c", "ulimit -Hn 100000 2> /dev/null && echo files; ulimit -n"], { encoding: "utf8" }); return stdout.trim();`,
    contained: /^"1024"$/,
  },
  {
    name: "asking the admin API",
    body: `const base = process.env.AWS_ENDPOINT_URL + "/_yunque";
      const paths = ["", "/", "/services", "/services/lambda", "/config", "/instances", "/openapi.json", "/functions/neighbour/logs", "/nothing", "/health/../config"];
      const headers = [{}, { authorization: "Bearer " }, { authorization: "Bearer undefined" }, { authorization: "Bearer test" }, { host: "localhost" }, { "x-forwarded-for": "127.0.0.1" }];
      const answers = new Set();
      for (const path of paths) for (const each of headers) answers.add((await fetch(base + path, { headers: each })).status);
      const health = await (await fetch(base + "/health")).json();
      return { answers: [...answers], health: Object.keys(health), isolation: Object.keys(health.isolation) };`,
    contained:
      /"answers":\[401\],"health":\["status","version","isolation"\],"isolation":\["tier"\]/,
    settings: { Timeout: 20, MemorySize: 1_769 },
  },
  {
    name: "finding the platform's token",
    body: `const token = /[\\w-]{43}/; const own = Object.values(process.env).join("\\n");
      const places = [event.dataDir + "/admin-token", event.announcements, process.env.HOME + "/.cache/yunque", "/root/.cache/yunque", "/run", "/proc/1/environ", "/proc/self/mountinfo", "/proc/1/cmdline"];
      const found = places.filter((path) => until(() => { const text = fs.statSync(path).isDirectory() ? fs.readdirSync(path).join() : fs.readFileSync(path, "latin1"); if (!text.includes(event.hint)) throw new Error("nothing"); }, 1).error === "none");
      return { found, own: own.includes(event.hint) };`,
    contained: /"found":\[\],"own":false/,
  },
];
