import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { readIf } from "./files.ts";

const CONTROLLERS = ["memory", "cpu", "pids", "freezer"];
const ROOT = "/sys/fs/cgroup";

/** What gives this user control groups of its own: commands for the shell that then starts the platform. */
export function delegation(): string {
  if (process.getuid?.() === 0)
    return "make the cgroup file system writable here (in a container: --cgroupns=private and a writable /sys/fs/cgroup)";
  if (existsSync("/run/systemd/system"))
    return "start the platform with: systemd-run --user --scope -p Delegate=yes yunque up";
  const second = /\bmemory\b/.test(readIf(`${ROOT}/cgroup.controllers`) ?? "");
  return `before yunque up, in the same shell: ${second ? secondVersion() : firstVersion()}`;
}

function firstVersion(): string {
  const groups = CONTROLLERS.map((name) => `${ROOT}/${name}/yunque`);
  return `sudo install -d -o ${owner()} ${groups.join(" ")}; echo $$ | sudo tee ${groups.map((path) => `${path}/tasks`).join(" ")}`;
}

function secondVersion(): string {
  const group = `${ROOT}/yunque`;
  return [
    `echo +memory +cpu +pids | sudo tee ${ROOT}/cgroup.subtree_control`,
    `sudo install -d -o ${owner()} ${group}`,
    `sudo chown ${owner()} ${group}/cgroup.procs ${group}/cgroup.subtree_control`,
    `echo $$ | sudo tee ${group}/cgroup.procs`,
  ].join("; ");
}

/** A user may have no name. */
function owner(): string | number {
  try {
    return userInfo().username;
  } catch {
    return process.getuid?.() ?? 0;
  }
}
