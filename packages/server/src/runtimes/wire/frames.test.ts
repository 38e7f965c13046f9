import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FrameError, FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { Kind } from "./frames.ts";
import { type InvokeHead, readInvoke, writeInvoke } from "./invoke-frame.ts";

/** A stream that takes everything at once, or nothing until it is drained. */
class Target {
  readonly writes: Uint8Array[] = [];
  writableLength = 0;
  blocked = false;
  write(chunk: Uint8Array): boolean {
    this.writes.push(this.blocked ? chunk : Uint8Array.from(chunk));
    if (this.blocked) this.writableLength += chunk.length;
    return !this.blocked;
  }
  cork(): void {}
  uncork(): void {}
  get bytes(): Buffer {
    return Buffer.concat(this.writes);
  }
}

const NONE = new Uint8Array(0);
type Frame = [kind: number, call: number, payload: string];
const reader = (max = 1_000_000) => {
  const frames: Frame[] = [];
  const parser = new FrameReader(max, (kind, call, payload) => {
    frames.push([kind, call, payload.toString()]);
  });
  return { frames, parser };
};

describe("frames", () => {
  const sent: Frame[] = [
    [1, 0, ""],
    [2, 7, "seven"],
    [18, 0xffffffff, "x".repeat(100_000)],
    [3, 1, "☃"],
  ];
  const written = (): Buffer => {
    const target = new Target();
    const writer = new FrameWriter(target);
    for (const [kind, call, text] of sent) writer.frame(kind, call, NONE, Buffer.from(text));
    writer.flush();
    return target.bytes;
  };

  it("arrive as they were sent", () => {
    const { frames, parser } = reader();
    parser.push(written());
    assert.deepEqual(frames, sent);
  });

  for (const size of [1, 2, 3, 7, 8, 9, 10, 13, 4096, 65_536]) {
    it(`arrive whole in pieces of ${size} bytes`, () => {
      const { frames, parser } = reader();
      const bytes = written();
      for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
      assert.deepEqual(frames, sent);
    });
  }

  it("are refused where they are longer than allowed, before anything is kept", () => {
    const { frames, parser } = reader(10);
    const bytes = Buffer.alloc(9);
    bytes.writeUInt32LE(11);
    assert.throws(() => parser.push(bytes), FrameError);
    assert.deepEqual(frames, []);
  });

  it("leave in one write, however many they are", () => {
    const target = new Target();
    const writer = new FrameWriter(target);
    for (let i = 0; i < 100; i++) writer.frame(2, i, Buffer.from("head"), Buffer.from("body"));
    writer.flush();
    writer.flush();
    assert.equal(target.writes.length, 1);
  });

  it("keep their order, small and large ones mixed", () => {
    const target = new Target();
    const writer = new FrameWriter(target);
    const { frames, parser } = reader();
    for (let i = 0; i < 50; i++)
      writer.frame(2, i, NONE, Buffer.from(String(i).repeat(i % 3 === 0 ? 20_000 : 3)));
    writer.flush();
    parser.push(target.bytes);
    assert.deepEqual(
      frames.map(([, call, text]) => [call, text.length]),
      Array.from({ length: 50 }, (_, i) => [i, String(i).length * (i % 3 === 0 ? 20_000 : 3)]),
    );
  });

  it("are not overwritten while the kernel has not taken them", () => {
    const target = new Target();
    target.blocked = true;
    const writer = new FrameWriter(target);
    const { frames, parser } = reader();
    for (let i = 0; i < 30; i++) {
      writer.frame(2, i, NONE, Buffer.from(`payload ${i} `.repeat(500)));
      writer.flush();
    }
    parser.push(target.bytes);
    assert.deepEqual(
      frames.map(([, , text]) => text),
      Array.from({ length: 30 }, (_, i) => `payload ${i} `.repeat(500)),
    );
  });

  it("may be encoded in place", () => {
    const target = new Target();
    const writer = new FrameWriter(target);
    const { frames, parser } = reader();
    writer.encoded(18, 5, 1_000, (to, at) => at + to.write("snow ☃", at));
    writer.encoded(18, 6, 1_000, (to, at) => at + to.write("next", at));
    writer.flush();
    parser.push(target.bytes);
    assert.deepEqual(frames, [
      [18, 5, "snow ☃"],
      [18, 6, "next"],
    ]);
  });
});

describe("the frame of an invocation", () => {
  const carried = (head: InvokeHead, event = "{}") => {
    const target = new Target();
    const writer = new FrameWriter(target);
    writeInvoke(writer, 9, head, Buffer.from(event));
    writer.flush();
    let seen: ReturnType<typeof readInvoke> | undefined;
    const parser = new FrameReader(1_000_000, (kind, call, payload) => {
      assert.equal(kind, Kind.invoke);
      seen = readInvoke(call, payload);
    });
    parser.push(target.bytes);
    return seen;
  };
  const head: InvokeHead = {
    requestId: "3f1c5f0e-8a8a-4c0e-9d1b-2f1f3c1d2e3f",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:hello",
    traceId: "Root=1-5759e988-bd862e3fe1be46a994272793",
    clientContext: undefined,
    inLine: false,
  };

  it("carries what a handler is told", () => {
    const told = carried({ ...head, clientContext: '{"a":"☃"}', inLine: true }, '{"b":"☃"}');
    const { event, ...rest } = told ?? assert.fail();
    assert.deepEqual(rest, { ...head, clientContext: '{"a":"☃"}', inLine: true, call: 9 });
    assert.equal(event.toString(), '{"b":"☃"}');
  });

  it("tells no client context from an empty event", () => {
    const told = carried({ ...head, traceId: "" }, "");
    assert.deepEqual([told?.clientContext, told?.event.length, told?.traceId], [undefined, 0, ""]);
  });

  it("stays whole where a text is not what it should be", () => {
    const told = carried({ ...head, traceId: `Root=☃${"x".repeat(70_000)}` }, '"event"');
    assert.equal(told?.event.toString(), '"event"');
    assert.equal(told?.requestId, head.requestId);
  });
});
