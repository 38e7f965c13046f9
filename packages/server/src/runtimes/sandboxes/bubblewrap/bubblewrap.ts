/** The tier "bubblewrap": every namespace, a root of its own, a seccomp filter, and a user without privileges. */
import type { Sandbox, SandboxedProgram } from "../../../ports/sandbox.ts";
import type { Identity } from "../walls/identity.ts";
import { proven } from "../walls/self-test.ts";
import type { Site } from "../walls/site.ts";
import { type Start, startWalled } from "../walls/start.ts";
import { systemTool, toolOnPath } from "../walls/tools.ts";
import { bubblewrapArguments } from "./arguments.ts";

/**
 * The tier, tried once.
 * @throws Error which says why it does not work here.
 */
export async function bubblewrapSandbox(site: Site): Promise<Sandbox> {
  const tools = findTools();
  return proven(
    {
      tier: "bubblewrap",
      start: (program) =>
        startWalled(program, site, (start) => commandOf(program, site, tools, start), {
          tellsInit: true,
        }),
      close: site.close,
    },
    site,
  );
}

interface Tools {
  readonly bwrap: string;
  readonly setpriv: string;
  readonly env: string;
  readonly prlimit: string;
}

function findTools(): Tools {
  const needed = (path: string | undefined, name: string): string => {
    if (path === undefined) throw new Error(`${name} is not installed`);
    return path;
  };
  return {
    bwrap: needed(toolOnPath("bwrap"), "bwrap"),
    setpriv: needed(systemTool("setpriv"), "setpriv"),
    env: needed(systemTool("env"), "env"),
    prlimit: needed(systemTool("prlimit"), "prlimit"),
  };
}

function commandOf(program: SandboxedProgram, site: Site, tools: Tools, start: Start): string[] {
  const { identity } = start;
  const late = identity.kind === "own" ? lateNames(program) : new Set<string>();
  const words = bubblewrapArguments(program, {
    identity,
    system: site.system,
    etc: site.etc,
    passwd: site.passwd(identity),
    filter: start.filter(),
    info: start.info,
    late,
  });
  // Read from a file, because every user of the host can read the words of a command line.
  const file = start.text(() => words.map((word) => `${word}\0`).join(""));
  const variables = [...late].map((name) => `${name}=${program.environment[name] ?? ""}`);
  return [
    ...[tools.bwrap, "--args", String(file), "--"],
    ...privileges(identity, tools),
    ...processes(program, site, tools),
    ...(variables.length > 0 ? [tools.env, ...variables] : []),
    ...[program.command, ...program.args],
  ];
}

/** A mapped user has no privileges from the start; root becomes an ordinary user once the walls stand. */
function privileges({ kind, uid, gid }: Identity, { setpriv }: Tools): string[] {
  if (kind === "mapped") return [];
  const user = ["--reuid", String(uid), "--regid", String(gid), "--clear-groups"];
  return [setpriv, ...user, "--inh-caps=-all"];
}

/** Without a control group the kernel counts the processes of the user, from within the user namespace. */
function processes({ limits }: SandboxedProgram, { cgroups }: Site, { prlimit }: Tools): string[] {
  if (cgroups?.controls.processes || limits?.processes === undefined) return [];
  return [prlimit, `--nproc=${limits.processes}`];
}

/**
 * What the C library itself withholds from privileged programs, and the names of catalogs that it reads. Source:
 * glibc, sysdeps/generic/unsecvars.h; ld.so(8).
 */
const LATE =
  /^(LD_|GLIBC_|MALLOC_|MUSL_|RESOLV_|LANG|LC_)|^(GCONV_PATH|GETCONF_DIR|HOSTALIASES|LOCALDOMAIN|LOCPATH|NIS_PATH|NLSPATH|RES_OPTIONS|TMPDIR|TZDIR)$/;

function lateNames({ environment, command }: SandboxedProgram): Set<string> {
  const names = new Set(Object.keys(environment).filter((name) => LATE.test(name)));
  // env(1) would take the command for one more variable.
  if (names.size > 0 && command.includes("=")) throw new RangeError(`no command: ${command}`);
  return names;
}
