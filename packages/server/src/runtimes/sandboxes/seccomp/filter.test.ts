import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import type { SandboxNetwork } from "../../../ports/sandbox.ts";
import { type Machine, seccompFilter } from "./filter.ts";
import { DENIED, INSPECTED, type SystemCall, UNCOUNTED } from "./syscalls.ts";

const ALLOW = "allow";
const KILL = "kill";
const ARCHITECTURE: Record<Machine, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };

for (const machine of ["x64", "arm64"] as const) {
  describe(`system call filter on ${machine}`, () => {
    const numberOf = (call: SystemCall) => (machine === "x64" ? call.x64 : call.arm64);
    const ask = (call: SystemCall, args: bigint[] = [], network: SandboxNetwork = "host") =>
      decide(machine, network, numberOf(call) ?? -1, args);

    it("refuses every call of the list", () => {
      for (const [name, call] of Object.values(DENIED).flatMap((group) => Object.entries(group)))
        if (numberOf(call) !== undefined) assert.equal(ask(call), "EPERM", name);
    });

    it("allows what programs live on", () => {
      const calls: Record<string, SystemCall> = {
        read: { x64: 0, arm64: 63 },
        write: { x64: 1, arm64: 64 },
        mmap: { x64: 9, arm64: 222 },
        openat: { x64: 257, arm64: 56 },
        execve: { x64: 59, arm64: 221 },
        futex: { x64: 202, arm64: 98 },
        connect: { x64: 42, arm64: 203 },
        kill: { x64: 62, arm64: 129 },
        setresuid: { x64: 117, arm64: 147 },
        seccomp: { x64: 317, arm64: 277 },
        pidfd_open: { x64: 434, arm64: 434 },
      };
      for (const [name, call] of Object.entries(calls)) assert.equal(ask(call), ALLOW, name);
    });

    it("gives memory that nobody sees only where it is counted", () => {
      for (const [name, call] of Object.entries(UNCOUNTED)) {
        assert.equal(ask(call), ALLOW, name);
        assert.equal(decide(machine, "host", numberOf(call) ?? -1, [], false), "ENOSYS", name);
      }
    });

    it("lets clone make threads and processes, but no namespaces", () => {
      const thread = 0x3d0f00n;
      assert.equal(ask(INSPECTED.clone, [thread]), ALLOW);
      assert.equal(ask(INSPECTED.clone, [17n]), ALLOW);
      for (const flag of [
        0x00020000n,
        0x02000000n,
        0x04000000n,
        0x08000000n,
        0x10000000n,
        0x20000000n,
        0x40000000n,
      ])
        assert.equal(ask(INSPECTED.clone, [flag | 17n]), "EPERM", flag.toString(16));
    });

    it("makes the C library fall back from clone3, whose flags cannot be seen", () => {
      assert.equal(ask(INSPECTED.clone3), "ENOSYS");
    });

    it("allows Unix, TCP and UDP sockets and the list of interfaces, nothing else", () => {
      const socket = (family: number, type: number, protocol = 0) =>
        ask(INSPECTED.socket, [BigInt(family), BigInt(type), BigInt(protocol)]);
      const closeOnExec = 0x80000;
      assert.equal(socket(1, 1 | closeOnExec), ALLOW);
      assert.equal(socket(2, 1 | closeOnExec), ALLOW);
      assert.equal(socket(10, 2), ALLOW);
      assert.equal(socket(2, 3 | closeOnExec, 1), "EPERM", "raw");
      assert.equal(socket(10, 3), "EPERM", "raw");
      assert.equal(socket(16, 3, 0), ALLOW, "netlink route");
      assert.equal(socket(16, 3, 9), "EPERM", "netlink audit");
      for (const family of [15, 17, 31, 38, 40, 44])
        assert.equal(socket(family, 1), "EAFNOSUPPORT");
    });

    it("is not deceived by the half of an argument that the kernel does not look at", () => {
      assert.equal(ask(INSPECTED.clone, [(1n << 32n) | 0x10000000n]), "EPERM");
      assert.equal(ask(INSPECTED.socket, [(1n << 32n) | 17n]), "EAFNOSUPPORT");
      assert.equal(ask(INSPECTED.ioctl, [0n, (1n << 40n) | 0x5412n]), "EPERM");
    });

    it("network none: only Unix sockets", () => {
      assert.equal(ask(INSPECTED.socket, [2n, 1n, 0n], "none"), "EPERM");
      assert.equal(ask(INSPECTED.socket, [10n, 2n, 0n], "none"), "EPERM");
      assert.equal(ask(INSPECTED.socket, [1n, 1n, 0n], "none"), ALLOW);
    });

    it("allows terminals, but no typing into them", () => {
      assert.equal(ask(INSPECTED.ioctl, [0n, 0x5401n]), ALLOW);
      assert.equal(ask(INSPECTED.ioctl, [0n, 0x541cn]), "EPERM");
    });

    it("keeps random addresses", () => {
      assert.equal(ask(INSPECTED.personality, [0xffffffffn]), ALLOW);
      assert.equal(ask(INSPECTED.personality, [0x0040000n]), "EPERM");
    });

    it("refuses calls that are newer than it, and those of x32", () => {
      assert.equal(decide(machine, "host", 470, []), "ENOSYS");
      assert.equal(decide(machine, "host", 0x40000000, []), "ENOSYS");
    });

    it("ends a program of another architecture", () => {
      const filter = seccompFilter("host", machine, { counted: true });
      assert.equal(run(filter ?? Buffer.alloc(0), 0x40000003, 1, []), KILL);
    });
  });
}

describe("system call filter", () => {
  it("is not there where the numbers are not known", () => {
    assert.equal(seccompFilter("host", "riscv64", { counted: true }), undefined);
    assert.equal(seccompFilter("host", "__proto__", { counted: true }), undefined);
  });

  const headers = {
    x64: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    arm64: "/usr/include/asm-generic/unistd.h",
  };
  for (const machine of ["x64", "arm64"] as const) {
    it(`has the numbers of the kernel's own headers for ${machine}`, async (t) => {
      const text = await readFile(headers[machine], "utf8").catch(() => undefined);
      if (text === undefined) return t.skip("no kernel headers: apt-get install linux-libc-dev");
      const numbers = new Map(
        [...text.matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)/gm)].map((m) => [
          m[1],
          Number(m[2]),
        ]),
      );
      const all = [...Object.values(DENIED), INSPECTED as Record<string, SystemCall>];
      let compared = 0;
      for (const [name, call] of all.flatMap((group) => Object.entries(group))) {
        const official = numbers.get(name);
        if (official === undefined) continue; // newer than the headers, or not on this machine
        assert.equal(call[machine], official, name);
        compared++;
      }
      assert.ok(compared > 50, `${compared} compared`);
    });
  }
});

const ERRORS = new Map([
  [1, "EPERM"],
  [38, "ENOSYS"],
  [97, "EAFNOSUPPORT"],
]);

function decide(
  machine: Machine,
  network: SandboxNetwork,
  number: number,
  args: bigint[],
  counted = true,
): string {
  const filter = seccompFilter(network, machine, { counted });
  assert.ok(filter);
  return run(filter, ARCHITECTURE[machine], number, args);
}

/** The kernel's interpreter, as far as the filter needs it. */
function run(filter: Buffer, architecture: number, number: number, args: bigint[]): string {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(architecture, 4);
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(value, 16 + 8 * index);
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const code = filter.readUInt16LE(at);
    const operand = filter.readUInt32LE(at + 4);
    const jump = (holds: boolean) => {
      at += 8 * filter.readUInt8(at + (holds ? 2 : 3));
    };
    if (code === 0x20) accumulator = data.readUInt32LE(operand);
    else if (code === 0x54) accumulator = (accumulator & operand) >>> 0;
    else if (code === 0x15) jump(accumulator === operand);
    else if (code === 0x25) jump(accumulator > operand);
    else if (code === 0x45) jump((accumulator & operand) !== 0);
    else if (code === 0x06) return verdictOf(operand);
    else assert.fail(`unknown instruction ${code}`);
  }
  return assert.fail("the filter has no end");
}

function verdictOf(value: number): string {
  if (value === 0x7fff0000) return ALLOW;
  if (value === 0x80000000) return KILL;
  assert.equal(value & 0xffff0000, 0x00050000);
  return ERRORS.get(value & 0xffff) ?? String(value & 0xffff);
}
