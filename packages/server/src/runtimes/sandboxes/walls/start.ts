/** What starting has in common in every tier with walls: a user, a control group, open files, and one command line. */
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import type { Readable } from "node:stream";
import type { SandboxedProcess, SandboxedProgram } from "../../../ports/sandbox.ts";
import type { Cgroup } from "../cgroups/cgroup.ts";
import { checkProgram } from "./check-program.ts";
import type { Identity } from "./identity.ts";
import { launching } from "./launcher.ts";
import type { Site } from "./site.ts";
import { limitGroup, tmpMBOf, WalledProcess } from "./walled-process.ts";

/** What one start consists of while its command line is put together. */
export interface Start {
  readonly identity: Identity;
  readonly cgroup: Cgroup | undefined;
  /** Hands the command a text to read, which may name its own descriptor; answers that. */
  text(textOf: (own: number) => string): number;
  /** The same with the program's seccomp filter; undefined where this kind of machine has none. */
  filter(): number | undefined;
  /** The descriptor on which a command that can (bwrap's --info-fd) shall tell process 1, where nothing else would. */
  readonly info: number | undefined;
}

/**
 * Starts the command line that builds the walls and then runs the program in them.
 * @throws Error where it cannot be started, RangeError where it cannot even be said; nothing stays behind.
 */
export function startWalled(
  program: SandboxedProgram,
  site: Site,
  commandOf: (start: Start) => readonly string[],
  { tellsInit }: { readonly tellsInit: boolean },
): SandboxedProcess {
  checkProgram(program);
  site.etc.refresh();
  const given = [...(program.descriptors ?? [])];
  const opened: number[] = [];
  using undo = new DisposableStack();
  undo.defer(() => opened.forEach(closeSync));
  const identity = site.identity();
  const onFailure = undo.use(new DisposableStack());
  onFailure.defer(identity.release);
  const cgroup = site.cgroups?.create();
  onFailure.defer(() => cgroup?.remove());
  const info: "pipe"[] = cgroup || !tellsInit ? [] : ["pipe"];
  const first = FIRST + given.length + info.length;
  const hand = (file: number): number => first + opened.push(file) - 1;
  const command = commandOf({
    identity,
    cgroup,
    info: info.length > 0 ? first - 1 : undefined,
    text: (textOf) => hand(site.openText(textOf(first + opened.length))),
    filter() {
      const file = site.openFilter(program.network ?? "host");
      return file === undefined ? undefined : hand(file);
    },
  });
  if (program.limits) limitGroup(cgroup, program.limits, tmpMBOf(program));
  const end = first + opened.length;
  const launch = launching(site.launcher, command, end, cgroup, program.limits);
  const child = spawn(launch.command, launch.args, {
    cwd: "/",
    env: {},
    // A session of its own: signals of the platform's terminal do not reach it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe", ...given, ...info, ...opened],
  });
  // Where spawning failed, the reason comes as an event that must have a listener.
  child.on("error", () => {});
  if (child.pid === undefined) throw new Error(`${launch.command} could not be started`);
  onFailure.move();
  return new WalledProcess(child, child.pid, program, {
    cgroup,
    info: info.length > 0 ? (child.stdio[first - 1] as Readable) : undefined,
    watch: site.watch,
    released: identity.release,
  });
}

/** 0 to 2 are the standard ones, 3 the channel. */
const FIRST = 4;
