import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AwsError } from "../error.ts";
import { unchunk } from "./s3-chunks.ts";

/** The bytes and trailers inside of this text, sent in pieces of so many bytes. */
async function read(text: string, pieceSize = text.length || 1) {
  const trailers: Record<string, string> = {};
  const bytes: Uint8Array[] = [];
  const source = async function* () {
    const all = Buffer.from(text, "latin1");
    for (let at = 0; at < all.length; at += pieceSize) yield all.subarray(at, at + pieceSize);
  };
  for await (const chunk of unchunk(source(), (name, value) => (trailers[name] = value)))
    bytes.push(chunk);
  return { body: Buffer.concat(bytes).toString("latin1"), trailers };
}

const SIGNED = [
  "400;chunk-signature=abc",
  "a".repeat(1024),
  "2;chunk-signature=def",
  "\r\n",
  "0;chunk-signature=0",
  "",
];

describe("aws-chunked", () => {
  it("gives the bytes inside of the chunks, wherever the network cuts", async () => {
    const text = SIGNED.map((line) => `${line}\r\n`).join("");
    for (const size of [1, 2, 3, 7, 1000, 5000])
      assert.equal((await read(text, size)).body, `${"a".repeat(1024)}\r\n`, `pieces of ${size}`);
  });

  it("hands trailers over, in lower case, behind the bytes", async () => {
    const text =
      "3\r\nabc\r\n0\r\nX-Amz-Checksum-CRC32: NSRBwg==\r\nx-amz-trailer-signature:s\r\n\r\n";
    for (const size of [1, 5, 500])
      assert.deepEqual(await read(text, size), {
        body: "abc",
        trailers: { "x-amz-checksum-crc32": "NSRBwg==", "x-amz-trailer-signature": "s" },
      });
  });

  for (const [what, text, code] of [
    ["nothing", "", "IncompleteBody"],
    ["no size", "hello", "IncompleteBody"],
    ["a size that is no number", "zz\r\nhello\r\n", "IncompleteBody"],
    ["a negative size", "-1\r\nhello\r\n", "IncompleteBody"],
    ["a size past all limits", "fffffffffffff\r\nhello\r\n", "IncompleteBody"],
    ["too few bytes", "5\r\nhel", "IncompleteBody"],
    ["too many bytes", "5\r\nhello!\r\n0\r\n\r\n", "IncompleteBody"],
    ["no last chunk", "5\r\nhello\r\n", "IncompleteBody"],
    ["no empty line at its end", "1\r\na\r\n0\r\n", "IncompleteBody"],
    ["no empty line behind its trailers", "0\r\na:b\r\n", "IncompleteBody"],
    ["something behind its end", "1\r\na\r\n0\r\n\r\nmore", "IncompleteBody"],
    ["lines that end in LF alone", "1\na\n0\n\n", "IncompleteBody"],
    ["a line without end", `5;${"x".repeat(5000)}`, "IncompleteBody"],
    ["a trailer without a colon", "0\r\nnonsense\r\n\r\n", "MalformedTrailerError"],
    ["too many trailers", `0\r\n${"a:b\r\n".repeat(50)}\r\n`, "MalformedTrailerError"],
  ] as const)
    it(`refuses ${what}`, async () => {
      await assert.rejects(read(text), (error) => error instanceof AwsError && error.code === code);
    });
});
