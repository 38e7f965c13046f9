import assert from "node:assert/strict";
import { test } from "node:test";
import { linkService, type StructureShape } from "../model.ts";
import type { ModelFile, ShapeFile } from "../model-file.ts";
import { parseJson, readJsonStructure, writeJsonStructure } from "./json.ts";
import { Malformed } from "./malformed.ts";

const shape = structureOf({
  Text: { type: "string" },
  Count: { type: "integer" },
  Big: { type: "long" },
  Ratio: { type: "double" },
  Flag: { type: "boolean" },
  Bytes: { type: "blob" },
  Time: { type: "timestamp" },
  Any: { type: "document" },
  Names: { type: "list", item: "Text" },
  Tags: { type: "map", key: "Text", value: "Text" },
  Node: { type: "structure", members: { Next: "Node", Text: "Text", Any: "Any" } },
  Choice: { type: "union", members: { Text: "Text", Count: "Count" } },
});

/** The input of an operation with one member per shape. */
function structureOf(shapes: Record<string, ShapeFile>): StructureShape {
  const members = Object.fromEntries(Object.keys(shapes).map((name) => [name, name]));
  const file = {
    service: "test",
    serviceId: "Test",
    version: "1",
    uid: "test",
    protocols: ["awsJson1_0"],
    signingName: "test",
    endpointPrefix: "test",
    operations: { Do: { input: "Input" } },
    shapes: { ...shapes, Input: { type: "structure", members } },
  } satisfies ModelFile;
  const input = linkService(file).operations.get("Do")?.input;
  assert.ok(input);
  return input;
}

const read = (text: string) => readJsonStructure(shape, parseJson(Buffer.from(text)), "name");
const refuses = (text: string, message: RegExp) =>
  assert.throws(
    () => read(text),
    (error) => error instanceof Malformed && message.test(error.message),
  );

test("reads every kind of value", () => {
  assert.deepEqual(
    read(
      `{"Text":"é","Count":1,"Big":4294967296,"Ratio":"NaN","Flag":true,"Bytes":"aGk=","Time":1.5,"Any":[{"a":null}],` +
        `"Names":["a",null,"b"],"Tags":{"k":"v","gone":null},"Node":{"Next":{"Text":"t"}},"Choice":{"Text":"c"},"More":1}`,
    ),
    {
      Text: "é",
      Count: 1,
      Big: 4294967296,
      Ratio: Number.NaN,
      Flag: true,
      Bytes: Buffer.from("hi"),
      Time: new Date(1500),
      Any: [{ a: null }],
      Names: ["a", "b"],
      Tags: { k: "v" },
      Node: { Next: { Text: "t" } },
      Choice: { Text: "c" },
    },
  );
});

test("an empty body is an empty input", () => assert.deepEqual(read(""), {}));

test("refuses what is not JSON, or not UTF-8", () => {
  refuses('{"Text":', /not valid JSON/);
  refuses("nonsense", /not valid JSON/);
  assert.throws(() => parseJson(Buffer.from([0x22, 0xff, 0x22])), /not UTF-8/);
});

test("refuses values of another type in AWS's words", () => {
  refuses('{"Text":1}', /^NUMBER_VALUE can not be converted to a String$/);
  refuses('{"Count":"1"}', /^STRING_VALUE can not be converted to an Integer$/);
  refuses('{"Flag":"true"}', /^STRING_VALUE can not be converted to a Boolean$/);
  refuses('{"Text":true}', /^TRUE_VALUE can not be converted to a String$/);
  refuses('{"Text":[]}', /^Start of list found where not expected$/);
  refuses('{"Names":{}}', /^Start of structure or map found where not expected.$/);
  refuses('{"Names":"a"}', /^Expected list or null$/);
  refuses('{"Node":"a"}', /^Expected null$/);
  refuses("[]", /^Start of list found where not expected$/);
  refuses("null", /^Expected null$/);
});

test("cuts fractions of whole numbers off, and refuses numbers that do not fit", () => {
  assert.deepEqual(read('{"Count":1.9}'), { Count: 1 });
  refuses('{"Count":2147483648}', /out of range of integer/);
  refuses('{"Big":1e30}', /out of range of long/);
  refuses('{"Count":1e400}', /out of range/);
  refuses('{"Time":1e300}', /not a timestamp/);
});

test("refuses broken base64", () => {
  refuses('{"Bytes":"a*b="}', /Base64/);
  refuses('{"Bytes":7}', /can not be converted to a Blob/);
});

test("refuses a union with two members, or none", () => {
  refuses('{"Choice":{"Text":"a","Count":1}}', /Exactly one member of Choice/);
  refuses('{"Choice":{}}', /Exactly one member of Choice/);
});

test("keeps keys called __proto__ as keys, and lets no prototype in", () => {
  const input = read('{"Tags":{"__proto__":"x"},"__proto__":{"Text":"polluted"}}');
  assert.deepEqual(Object.keys(input["Tags"] as object), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(input["Tags"]), Object.prototype);
  assert.equal(input["Text"], undefined);
  const written = writeJsonStructure(shape, input, "name");
  assert.equal(JSON.stringify(written), '{"Tags":{"__proto__":"x"}}');
});

test("refuses depth that no operation needs, in structures and in documents", () => {
  refuses(`{"Node":${'{"Next":'.repeat(5000)}{}${"}".repeat(5000)}}`, /nested too deeply/);
  refuses(`{"Any":${"[".repeat(5000)}${"]".repeat(5000)}}`, /nested too deeply/);
});

test("writes times as seconds, bytes as base64, numbers without a form as their names, and absence as absence", () => {
  const output = {
    Time: new Date(1500),
    Bytes: Buffer.from("hi"),
    Ratio: Number.POSITIVE_INFINITY,
    Names: [],
    Text: undefined,
    Count: null,
    Stranger: 1,
  };
  assert.deepEqual(writeJsonStructure(shape, output, "name"), {
    Bytes: "aGk=",
    Time: 1.5,
    Ratio: "Infinity",
    Names: [],
  });
});
