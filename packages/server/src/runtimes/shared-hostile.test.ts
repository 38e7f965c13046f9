/** What an instance with several invocations may not say: it ends, and nothing else does. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Bench, openBench, until } from "./runtimes.fixture.ts";

const FRAME = `
  const { writeSync } = require("fs");
  const frame = (kind, call, payload) => {
    const head = Buffer.alloc(9);
    head.writeUInt32LE(payload.length, 0); head[4] = kind; head.writeUInt32LE(call, 5);
    writeSync(3, Buffer.concat([head, payload]));
  };
  const wait = () => new Promise((r) => setTimeout(r, 9000));`;

describe("a handler that means harm, beside others", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  for (const [name, body] of [
    ["answers what it does not run", "frame(18, 12345, Buffer.alloc(20))"],
    ["is occupied", "frame(26, 0, Buffer.alloc(0))"],
    ["is settled", "frame(27, 0, Buffer.alloc(0))"],
    ["gives back what nobody asked for", "frame(23, 0, Buffer.alloc(8))"],
    ["streams without a beginning", "frame(21, 12345, Buffer.alloc(8))"],
    ["gives compiled code that nobody asked for", "frame(28, 0, Buffer.alloc(8))"],
  ] as const)
    it(`ends with all of its instance where it ${name}`, async () => {
      const code = `${FRAME} exports.handler = async ({ harm }) => {
        if (harm) ${body};
        await wait();
      };`;
      const sharing = { provider: "provider", most: 3, vcpus: 1 };
      const deployment = await bench.deploy(code, { sharing });
      const told = await Promise.all(
        [{}, {}, { harm: true }].map((e) => bench.invoke(deployment, e)),
      );
      for (const { failed, value } of told) {
        assert.equal(failed, true);
        assert.match(JSON.stringify(value), /Runtime.ExitError/);
      }
      const notes = () =>
        bench.lines.filter(({ message }) => message.includes("broke its protocol"));
      await until(() => notes().length > 0);
      bench.lines.length = 0;
    });

  it("may say that it takes more than it may, and gets no more", async () => {
    const code = `${FRAME}
      let running = 0, most = 0;
      exports.handler = async () => {
        most = Math.max(most, ++running);
        frame(29, 1000, Buffer.alloc(0));
        await new Promise((resolve) => setTimeout(resolve, 50));
        running--;
        return most;
      };`;
    const sharing = { provider: "provider", most: 2, vcpus: 1 };
    const deployment = await bench.deploy(code, { sharing });
    const told = await Promise.all(Array.from({ length: 12 }, () => bench.invoke(deployment)));
    assert.ok(told.every(({ value }) => (value as number) <= 2));
  });

  it("leaves nothing behind where it fills the log", async () => {
    const code = `exports.handler = async () => {
      for (let i = 0; i < 200; i++) console.log("x".repeat(100_000));
      return 1;
    };`;
    const sharing = { provider: "provider", most: 4, vcpus: 1 };
    const deployment = await bench.deploy(code, { sharing });
    const told = await Promise.all(Array.from({ length: 4 }, () => bench.invoke(deployment)));
    assert.ok(told.every(({ value }) => value === 1));
  });
});
