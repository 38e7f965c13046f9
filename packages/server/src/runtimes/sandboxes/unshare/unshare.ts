/** The tier "unshare": the same walls from util-linux, which is everywhere; slower, and mostly without a seccomp filter. */
import { existsSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Sandbox, SandboxedProgram } from "../../../ports/sandbox.ts";
import { SHELL } from "../walls/launcher.ts";
import { makeReadable } from "../walls/readable-directory.ts";
import { proven } from "../walls/self-test.ts";
import type { Site } from "../walls/site.ts";
import { type Start, startWalled } from "../walls/start.ts";
import { DEVICE_LINKS } from "../walls/system-files.ts";
import { systemTool } from "../walls/tools.ts";
import { fstabOf, KERNEL_SETTINGS, type Mount, mountsOf } from "./mounts.ts";
import { firstScript, OLD_ROOT, secondScript } from "./scripts.ts";
import { findUnshareTools, type UnshareTools } from "./tools.ts";

/**
 * The tier, tried once.
 * @throws Error which says why it does not work here.
 */
export async function unshareSandbox(site: Site): Promise<Sandbox> {
  const tools = await findUnshareTools();
  const root = prepareRoot(site);
  const sandbox = (filters: boolean) => tried(site, { site, root, tools: { ...tools, filters } });
  // A filter that cannot be loaded is no reason to have no walls at all.
  return tools.filters ? sandbox(true).catch(() => sandbox(false)) : sandbox(false);
}

function tried(site: Site, place: Place): Promise<Sandbox> {
  return proven(
    {
      tier: "unshare",
      // unshare waits for process 1 itself, and ends after it.
      start: (program) =>
        startWalled(program, site, (start) => commandOf(program, place, start), {
          tellsInit: false,
        }),
      close: site.close,
    },
    site,
  );
}

interface Place {
  readonly site: Site;
  readonly tools: UnshareTools;
  readonly root: string;
}

/** A directory with nothing but mount points and links; every program's root, read-only. */
function prepareRoot(site: Site): string {
  const root = join(site.directory, "root");
  for (const path of ["dev", OLD_ROOT]) makeReadable(root, path);
  for (const { path, target } of site.system.links) symlinkSync(target, join(root, path));
  for (const [name, target] of Object.entries(DEVICE_LINKS))
    symlinkSync(target, join(root, "dev", name));
  return root;
}

function commandOf(program: SandboxedProgram, place: Place, start: Start): string[] {
  const { site, tools, root } = place;
  const { identity } = start;
  const { system, etc } = site;
  const mounts = mountsOf(program, { root, system, etc, passwd: site.passwd(identity) });
  for (const each of mounts) makeMountPoint(root, each);
  const shell = shellFor(program);
  const counted = site.cgroups?.controls.processes === true;
  const filter = tools.filters ? start.filter() : undefined;
  const fstab = start.text(() => fstabOf(mounts, root));
  const second = start.text((own) => secondScript(program, { tools, own, filter, counted }));
  const first = start.text((own) =>
    firstScript(program, { identity, tools, root, own, fstab, second, filter, shell }),
  );
  const mapping = identity.kind === "mapped" ? [tools.unshare, "--map-root-user"] : [];
  return [
    ...[tools.setpriv, "--pdeathsig", "KILL"],
    // By itself: a network belongs to the root of its namespace only where there was one when it was made.
    ...mapping,
    ...[tools.unshare, "--mount", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child"],
    ...((program.network ?? "host") === "host" ? [] : ["--net"]),
    ...[shell, `/proc/self/fd/${first}`],
  ];
}

/** Only bash can close descriptors beyond 9. */
function shellFor(program: SandboxedProgram): string {
  if ((program.descriptors?.length ?? 0) <= 2) return SHELL;
  const bash = systemTool("bash");
  if (bash === undefined) throw new Error("more than two descriptors need bash");
  return bash;
}

function makeMountPoint(root: string, { source, target, type }: Mount): void {
  if (target === KERNEL_SETTINGS) return;
  if (type !== "none" || statSync(source).isDirectory()) {
    makeReadable(root, target);
  } else if (!existsSync(join(root, target))) {
    makeReadable(root, dirname(target));
    writeFileSync(join(root, target), "");
  }
}
