import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Bench, invocation } from "../../runtimes.fixture.ts";
import { lacksPython, openPythonBench } from "./python.fixture.ts";

describe("what a Python handler returns", { skip: lacksPython }, () => {
  let bench: Bench;
  before(async () => {
    bench = await openPythonBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  const run = async (expression: string, changes = {}) => {
    const source = `
import collections, datetime, decimal
Point = collections.namedtuple("Point", "x y")
def handler(event, context):
  return ${expression}`;
    const result = await bench.executor.invoke(
      await bench.deploy(source, changes),
      invocation({ a: 1 }),
    );
    return { text: Buffer.from(result.payload).toString("utf8"), failed: result.functionError };
  };

  const written: [string, string][] = [
    ["None", "null"],
    ["{'a': [1, 2.5, 'b', True, None], 3: (4,)}", '{"a": [1, 2.5, "b", true, null], "3": [4]}'],
    ["decimal.Decimal('12.340')", "12.340"],
    ["[decimal.Decimal('NaN'), float('nan'), float('inf')]", "[NaN, NaN, Infinity]"],
    [
      "{'n': decimal.Decimal('123456789012345678901234567890.1')}",
      '{"n": 123456789012345678901234567890.1}',
    ],
    ["Point(1, [Point(2, 3)])", '{"x": 1, "y": [{"x": 2, "y": 3}]}'],
    ["collections.OrderedDict(b=1, a=Point(1, 2))", '{"b": 1, "a": {"x": 1, "y": 2}}'],
    ["{'a': b'bytes', b'key': 1}", '{"a": "bytes", "key": 1}'],
    ["'decimal:0:1'", '"decimal:0:1"'],
    ["b'\\x00 raw'", "\x00 raw"],
    ["12345678901234567890123", "12345678901234567890123"],
  ];
  for (const [expression, expected] of written) {
    it(`is written as Lambda does: ${expression}`, async () => {
      assert.deepEqual(await run(expression), { text: expected, failed: undefined });
    });
  }

  it("is written as it is from python3.12 on, escaped before", async () => {
    assert.equal((await run("'é☃'", { runtime: "python3.12" })).text, '"é☃"');
    assert.equal((await run("'é☃'", { runtime: "python3.9" })).text, '"\\u00e9\\u2603"');
  });

  const refused: [string, string][] = [
    ["{1, 2}", "Object of type set is not JSON serializable"],
    ["datetime.datetime.now()", "Object of type datetime is not JSON serializable"],
    ["{'a': object()}", "Object of type object is not JSON serializable"],
    ["{'a': b'\\xff'}", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"],
    ["(lambda l: l.append(l) or l)([])", "Circular reference detected"],
  ];
  for (const [expression, reason] of refused) {
    it(`may be nothing that JSON has no word for: ${expression}`, async () => {
      const { text, failed } = await run(expression);
      assert.equal(failed, "Unhandled");
      const { errorType, errorMessage, stackTrace } = JSON.parse(text);
      assert.deepEqual(
        [errorType, errorMessage, stackTrace],
        ["Runtime.MarshalError", `Unable to marshal response: ${reason}`, []],
      );
    });
  }

  it("may not be longer than a response may be", async () => {
    assert.equal((await run("'x' * (6291556 - 2)")).failed, undefined);
    const { text, failed } = await run("'x' * (6291556 - 1)");
    assert.equal(failed, "Unhandled");
    assert.deepEqual(JSON.parse(text), {
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    });
  });

  it("is not asked for where the event is no JSON", async () => {
    const deployment = await bench.deploy("def handler(e, c):\n  return e");
    const read = async (payload: Uint8Array) => {
      const result = await bench.executor.invoke(deployment, invocation({}, { payload }));
      return JSON.parse(Buffer.from(result.payload).toString());
    };
    const error = await read(Buffer.from("{no"));
    assert.equal(error.errorType, "Runtime.UnmarshalError");
    assert.match(error.errorMessage, /^Unable to unmarshal input: Expecting property name/);
    assert.match(
      (await read(Buffer.from([0x22, 0xff, 0x22]))).errorMessage,
      /^Unable to unmarshal input: 'utf-8' codec can't decode byte 0xff/,
    );
    assert.deepEqual(await read(Buffer.alloc(0)), {});
  });
});
