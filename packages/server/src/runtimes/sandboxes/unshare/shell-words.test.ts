import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { it } from "node:test";
import { shellWords } from "./shell-words.ts";

it("a shell reads each text back as it was", () => {
  const words = [
    "",
    "a b",
    "'",
    "''",
    '"',
    "$(id)",
    "`id`",
    "\\",
    "\\'",
    "new\nline",
    "*",
    "~",
    "#",
    "ü",
    "-n",
    "!1",
  ];
  const said = execFileSync("/bin/sh", ["-c", `printf '%s\\0' ${shellWords(words)}`]);
  assert.deepEqual(said.toString().split("\0").slice(0, -1), words);
});

it("NUL is refused: it would end the text", () => {
  assert.throws(() => shellWords(["a\0b"]), RangeError);
});
