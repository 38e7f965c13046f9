import assert from "node:assert/strict";
import { test } from "node:test";
import { loadService } from "../model.ts";
import { readCborStructure, writeCborStructure } from "./cbor.ts";
import { decodeCbor } from "./cbor-decode.ts";
import { CborWriter } from "./cbor-encode.ts";
import { Malformed } from "./malformed.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const refuses = (hex: string, message: RegExp) =>
  assert.throws(
    () => decodeCbor(bytes(hex)),
    (error) => error instanceof Malformed && message.test(error.message),
    hex.slice(0, 40),
  );

test("decodes the examples of RFC 8949, appendix A", () => {
  const examples: [string, unknown][] = [
    ["00", 0],
    ["17", 23],
    ["1818", 24],
    ["1903e8", 1000],
    ["1a000f4240", 1_000_000],
    ["1b000000e8d4a51000", 1_000_000_000_000],
    ["20", -1],
    ["3903e7", -1000],
    ["f90000", 0],
    ["f93c00", 1],
    ["f97bff", 65504],
    ["f90001", 2 ** -24],
    ["f9c400", -4],
    ["fa47c35000", 100000],
    ["fb3ff199999999999a", 1.1],
    ["f97c00", Number.POSITIVE_INFINITY],
    ["f97e00", Number.NaN],
    ["f4", false],
    ["f5", true],
    ["f6", null],
    ["c11a514b67b0", new Date(1363896240 * 1000)],
    ["c1fb41d452d9ec200000", new Date(1363896240500)],
    ["6161", "a"],
    ["62c3bc", "ü"],
    ["83010203", [1, 2, 3]],
    ["a26161016162820203", { a: 1, b: [2, 3] }],
    ["7f657374726561646d696e67ff", "streaming"],
    ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
    ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
  ];
  for (const [hex, value] of examples) assert.deepEqual(decodeCbor(bytes(hex)), value, hex);
  assert.deepEqual(decodeCbor(bytes("5f42010243030405ff")), Buffer.from([1, 2, 3, 4, 5]));
});

test("refuses what ends too early, before it keeps any of it", () => {
  for (const hex of ["", "18", "61", "8201", "a16161", "9f01", "bf", "5f4101", "fb3ff1", "c1"])
    refuses(hex, /ends too early/);
  refuses("9b7fffffffffffffff", /ends too early/); // an array of 2^63 items
  refuses("bb00000001ffffffff", /ends too early/);
  refuses("7b00000000ffffffff 61", /ends too early/);
});

test("refuses what is malformed", () => {
  refuses("0000", /more than one item/);
  refuses("ff", /break/);
  refuses("82ff00", /break/);
  refuses("1c", /reserved length/);
  refuses("a10101", /no text/);
  refuses("62c328", /not UTF-8/);
  refuses("7f4161ff", /mixed chunks/);
  refuses("7f7f6161ffff", /mixed chunks/);
  refuses("f8ff", /simple value/);
  refuses("c16161", /time that is none/);
  refuses("c1fb7e37e43c8800759c", /time that is none/);
});

test("refuses depth that no operation needs", () => {
  refuses("81".repeat(5000), /nested too deeply/);
  refuses("c6".repeat(5000), /nested too deeply/);
  refuses("a16161".repeat(5000), /nested too deeply/);
});

test("keeps keys called __proto__ as keys", () => {
  const value = decodeCbor(bytes("a1695f5f70726f746f5f5fa1617801")) as object;
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal(({} as Record<string, unknown>)["x"], undefined);
});

test("refuses values of another type, and numbers that do not fit", () => {
  const input = loadService("cloudwatch").operations.get("PutMetricData")?.input;
  assert.ok(input);
  const read = (value: object) => readCborStructure(input, value);
  assert.throws(() => read({ Namespace: 1 }), Malformed);
  assert.throws(() => read({ MetricData: {} }), Malformed);
  assert.throws(() => read({ MetricData: [{ StorageResolution: 1e12 }] }), Malformed);
  assert.throws(() => read({ MetricData: [{ Timestamp: "now" }] }), Malformed);
  assert.throws(() => readCborStructure(input, [1]), Malformed);
  assert.deepEqual(read({ Namespace: "n", Stranger: 1, MetricData: null }), { Namespace: "n" });
});

test("writes what it reads, of any length", () => {
  const output = loadService("cloudwatch").operations.get("GetMetricData")?.output;
  assert.ok(output);
  const value = {
    NextToken: "t".repeat(70_000),
    MetricDataResults: [
      { Id: "a", Timestamps: [new Date(1500), new Date(2000)], Values: [1, 0.5, -0.25, 1e300] },
      { Id: "é".repeat(200), Values: [] },
    ],
  };
  assert.deepEqual(readCborStructure(output, decodeCbor(writeCborStructure(output, value))), value);
});

test("writes whole numbers in their shortest form", () => {
  const writer = new CborWriter();
  for (const number of [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32, -1, -25, 2 ** 53])
    writer.integer(number);
  assert.equal(
    Buffer.from(writer.finish()).toString("hex"),
    "00171818" +
      "18ff" +
      "190100" +
      "19ffff" +
      "1a00010000" +
      "1b0000000100000000" +
      "203818" +
      "1b0020000000000000",
  );
});
