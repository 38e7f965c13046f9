import assert from "node:assert/strict";
import { it } from "node:test";
import type { SandboxedProgram } from "../../../ports/sandbox.ts";
import { checkProgram } from "./check-program.ts";

const GOOD: SandboxedProgram = {
  command: "/bin/sh",
  args: ["-c", "--", ""],
  environment: { A: "=\n" },
  directory: "/tmp",
};

it("a program that can be told is fine", () => {
  checkProgram(GOOD);
});

it("what would be taken for something else is refused", () => {
  const mount = (source: string, target: string) => ({
    filesystem: { mounts: [{ source, target }], tmpMB: 1 },
  });
  const bad: Partial<SandboxedProgram>[] = [
    { command: "--bind" },
    { command: "sh" },
    { command: "/bin/\0sh" },
    { directory: "tmp" },
    { args: ["a\0b"] },
    { environment: { "": "1" } },
    { environment: { "A=B": "1" } },
    { environment: { A: "\0" } },
    mount("slot", "/var"),
    mount("/slot", "var"),
    mount("/slot\0", "/var"),
  ];
  for (const change of bad)
    assert.throws(() => checkProgram({ ...GOOD, ...change }), RangeError, JSON.stringify(change));
});
