import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SandboxedProgram } from "../../../ports/sandbox.ts";
import { type BubblewrapParts, bubblewrapArguments } from "./arguments.ts";

const PROGRAM: SandboxedProgram = {
  command: "/var/lang/bin/node",
  args: ["main.js"],
  environment: { A: "1", LD_PRELOAD: "/var/task/evil.so" },
  directory: "/var/task",
  filesystem: {
    mounts: [
      { source: "/data/slot", target: "/var" },
      { source: "/data/lang", target: "/var/lang/deep" },
    ],
    tmpMB: 512,
  },
};

const PARTS: BubblewrapParts = {
  identity: { kind: "own", uid: 2_000_000_001, gid: 2_000_000_000, release() {} },
  system: { binds: ["/usr"], links: [{ path: "/bin", target: "usr/bin" }] },
  etc: { directory: "/data/etc", shown: ["/etc/ssl/certs"] },
  passwd: "/data/users/2000000001",
  filter: 6,
  info: undefined,
  late: new Set(["LD_PRELOAD"]),
};

const said = (program: Partial<SandboxedProgram> = {}, parts: Partial<BubblewrapParts> = {}) =>
  ` ${bubblewrapArguments({ ...PROGRAM, ...program }, { ...PARTS, ...parts }).join(" ")} `;

describe("what bubblewrap is told", () => {
  it("root gives up every capability but those that make it an ordinary user", () => {
    assert.match(said(), / --cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID /);
    assert.doesNotMatch(said(), /--unshare-user/);
  });

  it("an ordinary user gets a user namespace", () => {
    const identity = { kind: "mapped", uid: 993, gid: 990, release() {} } as const;
    assert.match(
      said({}, { identity, passwd: undefined }),
      / --unshare-user --disable-userns --uid 993 --gid 990 /,
    );
  });

  it("nothing of the host is bound but for reading, or a device", () => {
    assert.doesNotMatch(said(), / --bind /);
    for (const [, source] of said().matchAll(/ --dev-bind (\S+) /g))
      assert.match(source ?? "", /^\/dev\/(null|zero|full|random|urandom)$/);
  });

  it("the root is closed after everything has its place in it", () => {
    const words = said();
    const closed = words.indexOf(" --remount-ro / ");
    assert.ok(closed > words.lastIndexOf("-bind "));
    assert.ok(closed > words.lastIndexOf(" --symlink "));
  });

  it("directories above a mount can be entered by everybody", () => {
    assert.match(
      said(),
      / --dir \/var --dir \/var\/lang .*--ro-bind \/data\/slot \/var --ro-bind \/data\/lang \/var\/lang\/deep /,
    );
  });

  it("what the C library would act on is not set while there are privileges", () => {
    assert.match(said(), / --clearenv --setenv A 1 /);
    assert.doesNotMatch(said(), /LD_PRELOAD/);
  });

  it("a network of its own where the host's was not asked for", () => {
    assert.doesNotMatch(said(), /--unshare-net/);
    assert.match(said({ network: "none" }), / --unshare-net /);
    assert.match(said({ network: "loopback-only" }), / --unshare-net /);
  });
});
