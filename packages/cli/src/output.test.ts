import assert from "node:assert/strict";
import { test } from "node:test";
import { printable, table } from "./output.ts";

test("columns are as wide as their widest cell, without spaces at the end", () => {
  assert.equal(
    table(
      ["A", "NAME"],
      [
        ["long one", "x"],
        ["y", "z"],
      ],
    ),
    "A         NAME\nlong one  x\ny         z",
  );
});

test("a cell cannot break its line or steer the terminal", () => {
  const text = table(["A", "B"], [["one\ntwo\tthree", "\u001b[2Jx"]]);
  assert.equal(text.split("\n").length, 2);
  assert.doesNotMatch(text, /\u001b/);
});

test("colours and lines of a function's output stay, everything else that steers is shown as a mark", () => {
  const red = "\u001b[31mred\u001b[0m\n\tnext";
  assert.equal(printable(red), red);
  assert.equal(
    printable("a\u001b]0;title\u0007b\u202ec\rd"),
    "a\ufffd]0;title\ufffdb\ufffdc\ufffdd",
  );
  assert.equal(printable("\u001b[2J\u001b[1;31mx"), "\ufffd[2J\u001b[1;31mx");
});
