import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { it } from "node:test";
import { toolOnPath } from "../walls/tools.ts";
import { readIf } from "./files.ts";
import { ownGroups } from "./own-groups.ts";

/** Another kernel as an ordinary program, with this machine's files, read-only, and groups of version 2. */
it("control groups of version 2 work where another kernel has them", {
  timeout: 300_000,
}, async (t) => {
  const { v2 } = ownGroups();
  if (/\bmemory\b/.test(readIf(`${v2}/cgroup.controllers`) ?? ""))
    return t.skip("this machine has them: groups.test.ts shows it");
  const kernel = toolOnPath("linux.uml");
  if (kernel === undefined)
    return t.skip("no kernel to try them with: apt-get install user-mode-linux");
  const directory = await mkdtemp(join(tmpdir(), "yunque-guest-"));
  try {
    const init = join(directory, "init");
    const suite = join(import.meta.dirname, "groups.test.ts");
    await writeFile(init, initScript(process.execPath, suite), { mode: 0o755 });
    const said = await boot(kernel, init);
    assert.match(said, /^# pass [1-9]/m, said);
    assert.match(said, /^# fail 0$/m, said);
    assert.doesNotMatch(said, /# SKIP.*version 2/, said);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

const initScript = (node: string, suite: string): string => `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /tmp
"${node}" --test --test-reporter=tap "${suite}"
echo o > /proc/sysrq-trigger
halt -f
`;

async function boot(kernel: string, init: string): Promise<string> {
  const files = ["rootfstype=hostfs", "rootflags=/", "ro"];
  const consoles = ["con=null", "con0=null,fd:1", "con1=fd:0,fd:1"];
  const guest = spawn(kernel, [...files, "mem=1G", "quiet", `init=${init}`, ...consoles], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  const timer = setTimeout(() => process.kill(-(guest.pid ?? 0), "SIGKILL"), 240_000);
  const said = await text(guest.stdout);
  clearTimeout(timer);
  return said.replaceAll("\r", "");
}
