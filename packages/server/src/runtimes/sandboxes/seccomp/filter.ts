/**
 * The seccomp filter: what Docker's default refuses, and what a Lambda function has no business with besides. It names
 * what is refused, not what is allowed, so that ordinary programs run unchanged; what is newer than the filter is
 * refused too. Most calls never get here: the kernel remembers which numbers are always allowed.
 */
import { constants } from "node:os";
import type { SandboxNetwork } from "../../../ports/sandbox.ts";
import {
  and,
  encode,
  type Instruction,
  ifAnyBit,
  ifEqual,
  ifGreater,
  load,
  unlessEqual,
  verdict,
} from "./bpf.ts";
import { DENIED, INSPECTED, NEWEST, type SystemCall, UNCOUNTED } from "./syscalls.ts";

export type Machine = "x64" | "arm64";

/** `AUDIT_ARCH_*` of linux/audit.h. */
const MACHINES: Readonly<Record<Machine, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** Offsets in struct seccomp_data. Of an argument the low half: that is what the kernel looks at in these calls. */
const NUMBER = 0;
const MACHINE = 4;
const argument = (index: number): number => 16 + 8 * index;

const ALLOW = verdict(0x7fff0000);
const KILL = verdict(0x80000000);
const refuse = (errno: number): Instruction => verdict(0x00050000 | errno);
const { EPERM, ENOSYS, EAFNOSUPPORT } = constants.errno;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET of linux/sched.h. */
const NEW_NAMESPACES = 0x7e020000;
const FAMILIES = { unix: 1, inet: 2, inet6: 10, netlink: 16 };
const SOCKET_TYPE = 0xf;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const PERSONALITIES = { linux: 0, ask: 0xffffffff };

/**
 * The filter for this kind of machine, as the kernel takes it; undefined where its system calls are not known.
 * `counted`: whether a control group counts all memory that a program takes; else it is only given what can be seen.
 */
export function seccompFilter(
  network: SandboxNetwork,
  machine: string,
  { counted }: { readonly counted: boolean },
): Buffer | undefined {
  if (!isMachine(machine)) return undefined;
  const inspected = (name: keyof typeof INSPECTED, block: readonly Instruction[]) =>
    onCall(INSPECTED[name], machine, block);
  return encode([
    load(MACHINE),
    ...unlessEqual(MACHINES[machine], [KILL]),
    load(NUMBER),
    // x86_64: the x32 calls begin at 0x40000000, far above. New calls too are none that anybody needs yet.
    ...ifGreater(NEWEST, [refuse(ENOSYS)]),
    // The C library falls back to clone, whose flags can be seen from here.
    ...inspected("clone3", [refuse(ENOSYS)]),
    ...inspected("clone", [load(argument(0)), ...ifAnyBit(NEW_NAMESPACES, [refuse(EPERM)]), ALLOW]),
    ...inspected("socket", sockets(network)),
    ...inspected("ioctl", terminals()),
    ...inspected("personality", personalities()),
    ...Object.values(counted ? {} : UNCOUNTED).flatMap((call) =>
      onCall(call, machine, [refuse(ENOSYS)]),
    ),
    ...Object.values(DENIED)
      .flatMap((group) => Object.values(group))
      .flatMap((call) => onCall(call, machine, [refuse(EPERM)])),
    ALLOW,
  ]);
}

const isMachine = (name: string): name is Machine => Object.hasOwn(MACHINES, name);

/** The block must end with a verdict: it may overwrite the accumulator. */
function onCall(call: SystemCall, machine: Machine, block: readonly Instruction[]): Instruction[] {
  const number = call[machine];
  return number === undefined ? [] : ifEqual(number, block);
}

/** Unix sockets, TCP and UDP, and the part of netlink that lists interfaces; no raw, packet, vsock or crypto sockets. */
function sockets(network: SandboxNetwork): Instruction[] {
  const type = [load(argument(1)), and(SOCKET_TYPE), ...ifEqual(SOCK_RAW, [refuse(EPERM)]), ALLOW];
  const internet = network === "none" ? [refuse(EPERM)] : type;
  return [
    load(argument(0)),
    ...ifEqual(FAMILIES.unix, [ALLOW]),
    ...ifEqual(FAMILIES.inet, internet),
    ...ifEqual(FAMILIES.inet6, internet),
    ...ifEqual(FAMILIES.netlink, [
      load(argument(2)),
      ...ifEqual(NETLINK_ROUTE, [ALLOW]),
      refuse(EPERM),
    ]),
    refuse(EAFNOSUPPORT),
  ];
}

/** Typing into somebody's terminal. */
function terminals(): Instruction[] {
  return [
    load(argument(1)),
    ...ifEqual(TIOCSTI, [refuse(EPERM)]),
    ...ifEqual(TIOCLINUX, [refuse(EPERM)]),
    ALLOW,
  ];
}

/** Other personalities switch off what protects a process, such as random addresses. */
function personalities(): Instruction[] {
  return [
    load(argument(0)),
    ...ifEqual(PERSONALITIES.linux, [ALLOW]),
    ...ifEqual(PERSONALITIES.ask, [ALLOW]),
    refuse(EPERM),
  ];
}
