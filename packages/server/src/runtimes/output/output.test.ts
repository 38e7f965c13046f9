import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RECORD_MARK } from "../wire/log-record.ts";
import { LineSplitter } from "./line-splitter.ts";
import { LogTail } from "./log-tail.ts";
import { OutputBudget } from "./output-budget.ts";
import { OutputParser } from "./output-parser.ts";

const record = (text: string, call: number, length = Buffer.byteLength(text)): Buffer => {
  const bytes = Buffer.alloc(12 + Buffer.byteLength(text));
  bytes.set(RECORD_MARK);
  bytes.writeUInt32LE(length, 4);
  bytes.writeUInt32LE(call, 8);
  bytes.write(text, 12);
  return bytes;
};

describe("splitting output into lines", () => {
  const split = (chunks: (string | Buffer)[], max = 100): string[] => {
    const lines: string[] = [];
    const splitter = new LineSplitter(max, (line) => lines.push(line));
    for (const chunk of chunks) splitter.push(Buffer.from(chunk as string));
    splitter.flush();
    return lines;
  };

  it("joins what arrives in pieces, and leaves out what is empty", () => {
    assert.deepEqual(split(["a", "b\nc\n\n", "", "d"]), ["ab", "c", "d"]);
  });

  it("never tears a character", () => {
    const bytes = Buffer.from("snow ☃ man\n");
    assert.deepEqual(split([...bytes].map((byte) => Buffer.of(byte))), ["snow ☃ man"]);
  });

  it("cuts what is longer than a line may be", () => {
    assert.deepEqual(split(["x".repeat(250)], 100), [
      "x".repeat(100),
      "x".repeat(100),
      "x".repeat(50),
    ]);
    assert.deepEqual(split(["x".repeat(100), "\n", "y"], 100), ["x".repeat(100), "y"]);
  });
});

describe("parsing what an instance writes", () => {
  const parse = (bytes: Buffer, size = bytes.length): string[] => {
    const seen: string[] = [];
    const parser = new OutputParser({
      line: (text) => seen.push(`line ${text}`),
      entry: (text, call) => seen.push(`entry ${call} ${text}`),
    });
    for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
    parser.flush();
    return seen;
  };
  const mixed = Buffer.concat([
    Buffer.from("plain\nhalf"),
    record("one\ntwo", 3),
    record("", 4),
    Buffer.from(" a \x1e mark\x1eY that is none\n"),
    record("☃", 0),
  ]);
  const expected = [
    "line plain",
    "line half",
    "entry 3 one\ntwo",
    "entry 4 ",
    "line  a \x1e mark\x1eY that is none",
    "entry 0 ☃",
  ];

  it("tells entries from lines, in order", () => {
    assert.deepEqual(parse(mixed), expected);
  });

  for (const size of [1, 2, 3, 5, 11, 13])
    it(`does so in pieces of ${size} bytes`, () => assert.deepEqual(parse(mixed, size), expected));

  it("takes a mark with an impossible length for plain output, and goes on", () => {
    const bytes = Buffer.concat([record("", 1, 0xffffffff), Buffer.from("\n"), record("real", 2)]);
    assert.equal(parse(bytes).at(-1), "entry 2 real");
  });
});

describe("the budget of output", () => {
  it("is used up by bytes and by lines, and fills with time", () => {
    const budget = new OutputBudget(0);
    assert.equal(budget.take(OutputBudget.BYTES - OutputBudget.LINE_BYTES, 0), true);
    assert.equal(budget.take(0, 0), false);
    assert.equal(budget.take(1_000, 1), true);
    let lines = 0;
    while (budget.take(0, 1_000)) lines++;
    assert.ok(lines <= OutputBudget.BYTES / OutputBudget.LINE_BYTES);
  });

  it("counts what was dropped, and never holds more than its size", () => {
    const budget = new OutputBudget(0);
    assert.equal(budget.take(OutputBudget.BYTES, 60_000), false);
    assert.equal(budget.takeDropped(), OutputBudget.BYTES);
    assert.equal(budget.takeDropped(), 0);
  });
});

describe("the tail of a log", () => {
  it("is everything, where that is less than 4 KB", () => {
    const tail = new LogTail();
    tail.add("a");
    tail.add("b\nc");
    assert.equal(Buffer.from(tail.bytes()).toString(), "a\nb\nc\n");
  });

  it("is the last 4 KB of bytes, however long its lines are", () => {
    for (const line of ["x", "☃☃☃", "y".repeat(3_000), "z".repeat(9_000)]) {
      const tail = new LogTail();
      const all: string[] = [];
      for (let i = 0; i < 5_000; i++) {
        tail.add(line + i);
        all.push(`${line}${i}\n`);
      }
      const whole = Buffer.from(all.slice(-4_200).join(""));
      assert.deepEqual(Buffer.from(tail.bytes()), whole.subarray(whole.length - 4096));
    }
  });
});
