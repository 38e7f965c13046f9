import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compilePipeTemplate, valueAt } from "./pipe-template.ts";

const event = {
  messageId: "m-1",
  body: '{"order":{"id":7,"lines":[{"sku":"a"},{"sku":"b"}]},"name":"Ann \\"A\\""}',
  attributes: { SenderId: "AIDA" },
};
const record = { partitionKey: "k", data: Buffer.from('{"n":1}').toString("base64") };
const variables = { "aws.pipes.pipe-name": "p" };
const made = (template: string, of: unknown = event) =>
  compilePipeTemplate(template)(of, variables);

describe("input templates of pipes", () => {
  for (const [template, expected] of [
    ["Hello, sender", "Hello, sender"],
    ["<$.attributes.SenderId>", '"AIDA"'],
    ['"Hello, <$.attributes.SenderId>"', '"Hello, AIDA"'],
    ['{"id": <$.body.order.id>}', '{"id": 7}'],
    ['{"first": <$.body.order.lines[0].sku>}', '{"first": "a"}'],
    ['{"all": <$.body.order.lines[*].sku>}', '{"all": ["a","b"]}'],
    [
      '{"order": "<$.body.order>"}',
      '{"order": "{\\"id\\":7,\\"lines\\":[{\\"sku\\":\\"a\\"},{\\"sku\\":\\"b\\"}]}"}',
    ],
    ['{"by": "<$.body.name>"}', '{"by": "Ann \\"A\\""}'],
    ['{"pipe": "<aws.pipes.pipe-name>"}', '{"pipe": "p"}'],
    ['{"no": "<$.nothing.here>", "none": <$.nothing>}', '{"no": "", "none": ""}'],
    ['{"less": "1 < 2"}', '{"less": "1 < 2"}'],
    ['{"quoted": "\\"<$.messageId>\\""}', '{"quoted": "\\"m-1\\""}'],
  ] as const)
    it(`makes of ${template} what is documented`, () => {
      assert.equal(made(template), expected);
    });

  it("reads what is base64 in records of streams", () => {
    assert.equal(made('{"n": <$.data.n>}', record), '{"n": 1}');
    assert.equal(made("<aws.pipes.event.json>", record), '{"partitionKey":"k","data":{"n":1}}');
    assert.equal(made("<aws.pipes.event>", record), JSON.stringify(record));
  });

  it("refuses variables that there are not", () => {
    for (const template of ["<$.a b>", "<aws.pipes.other>"])
      if (template.includes("other"))
        assert.throws(() => compilePipeTemplate(template), SyntaxError);
      else assert.equal(made(template), template);
  });

  it("finds nothing of what objects inherit", () => {
    assert.equal(valueAt(event, "$.constructor.name"), undefined);
  });
});
