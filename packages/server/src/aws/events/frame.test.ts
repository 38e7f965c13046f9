import assert from "node:assert/strict";
import { test } from "node:test";
import { Malformed } from "../codecs/malformed.ts";
import { decodeFrames, encodeFrame, type Frame, type FrameHeader } from "./frame.ts";

const payload = Buffer.from("payload");
const headers = {
  text: "é",
  yes: true,
  no: false,
  small: -7,
  large: 2 ** 40,
  huge: 2n ** 60n,
  bytes: Buffer.from([0, 255]),
  time: new Date(1500),
};

async function decode(chunks: Iterable<Uint8Array>): Promise<Frame[]> {
  return Array.fromAsync(decodeFrames(chunks));
}

test("what is written is read again, however it is cut", async () => {
  const bytes = Buffer.concat([
    encodeFrame({ headers, payload }),
    encodeFrame({ headers: {}, payload: Buffer.alloc(0) }),
  ]);
  for (const size of [1, 7, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const [first, second, ...more] = await decode(chunks);
    const read: Record<string, FrameHeader> = { ...first?.headers };
    assert.deepEqual(read, { ...headers, large: 2n ** 40n });
    assert.deepEqual(first?.payload, payload);
    assert.deepEqual({ ...second?.headers }, {});
    assert.equal(more.length, 0);
  }
});

test("writes the bytes that AWS documents", () => {
  // The empty message of AWS's own test vectors.
  const empty = encodeFrame({ headers: {}, payload: Buffer.alloc(0) });
  assert.equal(Buffer.from(empty).toString("hex"), "000000100000000005c248eb7d98c8ff");
  const withHeader = encodeFrame({
    headers: { "content-type": "application/json" },
    payload: Buffer.from(`{'foo':'bar'}`),
  });
  assert.equal(
    Buffer.from(withHeader).toString("hex"),
    "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1",
  );
});

test("refuses wrong checksums, lengths and ends", async () => {
  const whole = Buffer.from(encodeFrame({ headers, payload }));
  const broken = (at: number) => {
    const copy = Buffer.from(whole);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return [copy];
  };
  await assert.rejects(decode(broken(3)), /prelude with a wrong checksum/);
  await assert.rejects(decode(broken(20)), /message with a wrong checksum/);
  await assert.rejects(decode(broken(whole.length - 1)), /message with a wrong checksum/);
  await assert.rejects(decode([whole.subarray(0, -1)]), /ends inside a message/);
  await assert.rejects(decode([Buffer.from("000000100000000005c248eb", "hex")]), Malformed);
});
