/** What Linux offers to wall instances in. Health says what the running platform makes of it. */
import { access, constants, readFile } from "node:fs/promises";
import { delegation, remedies } from "@yunque/server/sandboxes";
import type { Check, Finding } from "./check.ts";
import { installCommand } from "./install.ts";
import { output, tool, versionIn } from "./tool.ts";

const NOT_LINUX: Finding = {
  status: "missing",
  found: `not on ${process.platform}`,
  fix: "run the platform on Linux where functions must be walled in",
};

/** A check that only means something on Linux. */
function linux(check: Check): Check {
  const examine = async () => (process.platform === "linux" ? check.examine() : NOT_LINUX);
  return { ...check, examine };
}

export const namespaces = linux({
  name: "namespaces",
  gives: "instances with processes, files and users of their own",
  examine: async () => {
    const works = await output(
      "unshare",
      "--user",
      "--map-root-user",
      "--pid",
      "--mount",
      "--fork",
      "true",
    );
    if (works !== undefined) return { status: "ok", found: "user, pid and mount namespaces" };
    const limit = await text("/proc/sys/user/max_user_namespaces");
    const found = limit === "0" ? "switched off" : "not allowed here";
    return { status: "missing", found, fix: remedies().join("; ") };
  },
});

export const unshare = linux(
  tool({ name: "unshare", package: "util-linux", gives: "starts a program in namespaces" }),
);

export const bubblewrap = linux({
  name: "bubblewrap",
  gives: "the strongest walls around instances without containers",
  examine: async () => {
    const version = await output("bwrap", "--version");
    const fix = installCommand("bubblewrap");
    if (version === undefined) return { status: "missing", found: "not installed", fix };
    const found = versionIn(version);
    const works = await output("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true");
    if (works !== undefined) return { status: "ok", found };
    return {
      status: "weak",
      found: `${found}, but it may not make namespaces`,
      fix: "see namespaces",
    };
  },
});

export const seccomp = linux({
  name: "seccomp",
  gives: "system calls that functions do not need can be refused",
  examine: async () => {
    const actions = await text("/proc/sys/kernel/seccomp/actions_avail");
    if (actions !== undefined) return { status: "ok", found: "available" };
    return {
      status: "missing",
      found: "not in this kernel",
      fix: "use a kernel with CONFIG_SECCOMP",
    };
  },
});

export const cgroups = linux({
  name: "cgroups",
  gives: "memory, CPU and process limits that the kernel holds; frozen idle instances",
  examine: async () => {
    const controllers = (await text("/sys/fs/cgroup/cgroup.controllers"))?.split(" ") ?? [];
    const own = /^0::(\/.*)$/m.exec((await text("/proc/self/cgroup")) ?? "")?.[1] ?? "/";
    if (controllers.includes("memory"))
      return (await writable(`/sys/fs/cgroup${own}`))
        ? { status: "ok", found: `v2 (${controllers.join(", ")})` }
        : { status: "weak", found: "v2, but not delegated to this user", fix: delegation() };
    if (await writable("/sys/fs/cgroup/memory")) return { status: "ok", found: "v1" };
    return { status: "missing", found: "none that this user may write", fix: delegation() };
  },
});

async function text(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").then(
    (content) => content.trim(),
    () => undefined,
  );
}

async function writable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}
