/**
 * What a stranger would try from inside of an instance. This one file is all that the instance has: it uses Node.js and
 * what a Linux brings along. Each attempt answers "reached", or how it was refused.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, Socket } from "node:net";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { getSystemErrorName } from "node:util";

/** What the attempts aim at. */
export interface Targets {
  /** A file of the platform's data directory. */
  readonly secretFile: string;
  /** A directory with another instance's code. */
  readonly otherSlot: string;
  /** What the other instance has in its environment, its command line and its /tmp. */
  readonly otherSecret: string;
  /** The platform and the other instance, as the host counts them, with their start times. */
  readonly processes: readonly { readonly pid: number; readonly start: string }[];
  /** A Unix socket of the platform's. */
  readonly socket: string;
  /** This file, as the instance sees it. */
  readonly code: string;
  readonly hostname: string;
  /** Numbers of system calls. */
  readonly calls: Readonly<Record<string, number>>;
  /** Whether there are walls: without them some attempts would harm the machine. */
  readonly walled: boolean;
}

/** Per attempt: "reached", "nothing there", or the error. */
export type Findings = Readonly<Record<string, string>>;

/** Throws, or answers false, where it was refused. */
type Attempt = () => unknown;

export async function attemptAll(targets: Targets): Promise<{ walls: Findings; calls: Findings }> {
  const { walled } = targets;
  return {
    walls: await each({ ...reading(targets), ...changing(targets), ...(walled ? breaking() : {}) }),
    calls: await each({ ...calling(targets), ...(walled ? callingHarmfully(targets) : {}) }),
  };
}

async function each(attempts: Readonly<Record<string, Attempt>>): Promise<Findings> {
  const findings: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      findings[name] = (await attempt()) === false ? "nothing there" : "reached";
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      findings[name] = code ?? message;
    }
  }
  return findings;
}

/** Other people's files, processes and sockets. */
function reading(targets: Targets): Record<string, Attempt> {
  const { secretFile, otherSlot, otherSecret, socket } = targets;
  const known = (text: string) => text.includes(otherSecret);
  const tellTale = (name: string) => pids().some((pid) => known(textOf(`/proc/${pid}/${name}`)));
  return {
    "read the data directory": () => readFileSync(secretFile),
    "read it through a link": () => {
      const link = join(tmpdir(), randomUUID());
      symlinkSync(secretFile, link);
      try {
        return readFileSync(link);
      } finally {
        rmSync(link);
      }
    },
    "read it through another process's root": () =>
      pids().some((pid) => textOf(`/proc/${pid}/root${secretFile}`) !== ""),
    "read it through another process's directory": () =>
      pids().some((pid) => textOf(`/proc/${pid}/cwd/${basename(secretFile)}`) !== ""),
    "read another instance's code": () => readdirSync(otherSlot),
    "read another instance's environment": () => tellTale("environ"),
    "read another instance's command line": () => tellTale("cmdline"),
    "read another instance's /tmp": () =>
      list("/tmp").some((name) => known(textOf(`/tmp/${name}`))),
    "signal the platform and the other instance": () =>
      targets.processes.some(({ pid, start }) => {
        return textOf(`/proc/${pid}/stat`).includes(` ${start} `) && process.kill(pid, 0);
      }),
    "connect to the platform's socket": () => reach(socket),
    "learn the host's name": () => hostname() === targets.hostname,
  };
}

/** Its own code, which the next instance will run too. */
function changing({ code }: Targets): Record<string, Attempt> {
  return {
    "change its own code": () => writeFileSync(code, "", { flag: "a" }),
    "add to its own code": () => writeFileSync(join(code, "..", randomUUID()), ""),
    "put something in the place of its own code": () => renameSync(code, code),
    "change the mode of its own code": () => chmodSync(code, 0o644),
    "link its own code to where it can be changed": () => linkSync(code, `${code}-${randomUUID()}`),
  };
}

/** The machine itself. Not without walls: some of these would succeed. */
function breaking(): Record<string, Attempt> {
  const run =
    (command: string, ...args: string[]) =>
    () =>
      execFileSync(command, args, { stdio: "pipe" });
  const write = (path: string) => () => writeFileSync(path, "x");
  return {
    "read the passwords": () => readFileSync("/etc/shadow"),
    "read root's home": () => readdirSync("/root"),
    "read people's homes": () => readdirSync("/home"),
    "read the host's run-time files": () => readdirSync("/run"),
    "read the host's root through process 1": () => readdirSync("/proc/1/root/root"),
    "read the kernel's view of the hardware": () => readdirSync("/sys/class"),
    "read the kernel's log": () => openSync("/dev/kmsg", "r"),
    "enter the host's namespaces": run("nsenter", "--target", "1", "--mount", "true"),
    "become root": () => process.setuid?.(0),
    "join root's group": () => process.setgid?.(0),
    "become root by a set-user-ID program": run("su", "-c", "true"),
    "make the root writable": run("mount", "-o", "remount,rw", "/"),
    "mount a file system": run("mount", "-t", "tmpfs", "tmpfs", "/tmp"),
    "bind the root elsewhere": run("mount", "--bind", "/", "/tmp"),
    "change the root": run("chroot", "/tmp", "true"),
    "make a device": run("mknod", "/tmp/disk", "b", "8", "0"),
    "open a disk": () =>
      list("/dev").some((name) => /^(sd|vd|nvme|dm-|loop|mem$|kvm$|fuse$|net$)/.test(name)),
    "change how the kernel dumps cores": write("/proc/sys/kernel/core_pattern"),
    "change the host's name": write("/proc/sys/kernel/hostname"),
    "press the magic key": write("/proc/sysrq-trigger"),
    "change the root's files": write("/attempt"),
    "change programs": write("/usr/bin/attempt"),
    "change what others are told of the network": write("/etc/resolv.conf"),
    "change devices": write("/dev/attempt"),
    "change layers": write("/opt/attempt"),
    "open a shared program for writing": () => openSync("/usr/bin/env", "r+"),
    "open the shared runtime for writing": () => openSync(process.execPath, "r+"),
    "use files that were left open": () =>
      list("/proc/self/fd").some((fd) => leftOpen(linkOf(`/proc/self/fd/${fd}`))),
  };
}

/** System calls, made by perl, where walls do not depend on it. */
function calling({ calls }: Targets): Record<string, Attempt> {
  const newUser = 0x10000000;
  return {
    ptrace: call(calls["ptrace"], 0, 0, 0, 0),
    "unshare a user namespace": call(calls["unshare"], newUser),
    keyctl: call(calls["keyctl"], 0, -3, 0),
    userfaultfd: call(calls["userfaultfd"], 1),
    process_vm_readv: call(calls["process_vm_readv"], process.pid, 0, 0, 0, 0, 0),
    get_mempolicy: call(calls["get_mempolicy"], 0, 0, 0, 0, 0),
  };
}

function callingHarmfully({ calls }: Targets): Record<string, Attempt> {
  return {
    mount: call(calls["mount"], "tmpfs", "/tmp", "tmpfs", 0, 0),
    umount2: call(calls["umount2"], "/proc", 2),
    pivot_root: call(calls["pivot_root"], "/tmp", "/tmp"),
    chroot: call(calls["chroot"], "/tmp"),
    fsopen: call(calls["fsopen"], "tmpfs", 0),
    open_tree: call(calls["open_tree"], -100, "/", 1),
    setns: call(calls["setns"], 0, 0),
    bpf: call(calls["bpf"], 0, "", 0),
    perf_event_open: call(calls["perf_event_open"], 0, 0, -1, -1, 0),
    io_uring_setup: call(calls["io_uring_setup"], 1, 0),
    open_by_handle_at: call(calls["open_by_handle_at"], -100, 0, 0),
    syslog: call(calls["syslog"], 10, 0, 0),
    sethostname: call(calls["sethostname"], "x", 1),
    init_module: call(calls["init_module"], "", 0, ""),
    swapoff: call(calls["swapoff"], "/attempt"),
    acct: call(calls["acct"], 0),
    "a raw socket": perl("socket(S, 2, 3, 1) or exit($! + 0)"),
    "a packet socket": perl("socket(S, 17, 3, 768) or exit($! + 0)"),
    "a socket to the hypervisor": perl("socket(S, 40, 1, 0) or exit($! + 0)"),
  };
}

const call = (number: number | undefined, ...args: readonly (number | string)[]): Attempt =>
  perl(`my @args = (${args.map((value) => JSON.stringify(value)).join(", ")});
    syscall(${number}, @args) == -1 and exit($! + 0)`);

const perl =
  (script: string): Attempt =>
  () => {
    const { status, error } = spawnSync("perl", ["-e", script], { stdio: "pipe" });
    if (error) throw error;
    if (status !== 0)
      throw Object.assign(new Error(), { code: getSystemErrorName(-(status ?? 1)) });
  };

function reach(path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(path);
  socket.on("connect", () => resolve()).on("error", reject);
  return promise.finally(() => socket.destroy());
}

const pids = (): string[] => list("/proc").filter((name) => /^\d+$/.test(name));

/** Its own are /dev/null, sockets, what Node.js waits with, and the platform's nameless notes to this instance. */
const leftOpen = (target: string): boolean =>
  target.startsWith("/") && !/^\/dev\/null$|^\/proc\/| \(deleted\)$/.test(target);

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Told on the channel: a command line or an environment would itself be what is looked for. */
if (import.meta.main) {
  const [told] = (await once(new Socket({ fd: 3 }), "data")) as [Buffer];
  console.log(JSON.stringify(await attemptAll(JSON.parse(String(told)) as Targets)));
  process.exit();
}
