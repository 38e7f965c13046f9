import assert from "node:assert/strict";
import { it } from "node:test";
import { afterPrefix, compareUtf8 } from "./utf8-order.ts";

/** The edges of UTF-8's lengths and of the surrogates. */
const POINTS = [
  0x00, 0x01, 0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffe, 0xffff, 0x10000, 0x10001,
  0x1f426, 0x10fffe, 0x10ffff,
];

/** All texts of up to two of these characters. */
const TEXTS = [
  "",
  ...POINTS.map((point) => String.fromCodePoint(point)),
  ...POINTS.flatMap((a) => POINTS.map((b) => String.fromCodePoint(a, b))),
];

it("compareUtf8 orders as the bytes do", () => {
  for (const a of TEXTS)
    for (const b of TEXTS) {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
      assert.equal(Math.sign(compareUtf8(a, b)), expected, `${JSON.stringify([a, b])}`);
    }
});

it("afterPrefix is the least text behind every text with the prefix", () => {
  for (const prefix of TEXTS) {
    const end = afterPrefix(prefix);
    for (const text of TEXTS) {
      const behind = compareUtf8(text, prefix) > 0 && !text.startsWith(prefix);
      const beyond = end !== undefined && compareUtf8(text, end) >= 0;
      assert.equal(beyond, behind, JSON.stringify([prefix, end, text]));
    }
  }
});

it("nothing is behind the texts with an empty prefix, or with one of U+10FFFF alone", () => {
  assert.equal(afterPrefix(""), undefined);
  assert.equal(afterPrefix("\u{10FFFF}\u{10FFFF}"), undefined);
});
