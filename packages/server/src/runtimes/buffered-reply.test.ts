import assert from "node:assert/strict";
import { it } from "node:test";
import type { InvocationResult } from "../domain/invocation.ts";
import { BufferedReply } from "./buffered-reply.ts";
import { LogTail } from "./output/log-tail.ts";

const END = {
  payload: undefined,
  failed: false,
  report: { durationMs: 1, billedMs: 1, maxMemoryMB: 1, queuedMs: 0 },
  tail: new LogTail(),
};

function streamed(chunks: readonly Uint8Array[], limit: number): Promise<InvocationResult> {
  return new Promise((resolve, reject) => {
    const reply = new BufferedReply("r", limit, resolve, reject);
    let taken = 0;
    for (const chunk of chunks)
      reply.chunk(chunk, (bytes) => {
        taken += bytes;
      });
    assert.equal(
      taken,
      chunks.reduce((sum, { length }) => sum + length, 0),
    );
    reply.finish(END);
  });
}

it("a streamed response is gathered, however small or large its chunks are", async () => {
  for (const size of [1, 700, 5000, 100_000]) {
    const whole = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size));
    const { payload, functionError } = await streamed(chunks, 100_000);
    assert.equal(functionError, undefined);
    assert.ok(whole.equals(payload));
  }
});

it("a streamed response beyond the limit is an error, and one of nothing is empty", async () => {
  const { functionError, payload } = await streamed([Buffer.alloc(60), Buffer.alloc(41)], 100);
  assert.equal(functionError, "Unhandled");
  assert.match(Buffer.from(payload).toString(), /ResponseSizeTooLarge/);
  assert.equal((await streamed([], 100)).payload.length, 0);
});
