/** Objects for tests: one bucket, a clock that is turned by hand, and short words for the usual calls. */
import assert from "node:assert/strict";
import { YunqueError } from "../../domain/errors.ts";
import type { ObjectAttributes } from "../../domain/object.ts";
import type { Blobs } from "../../ports/blobs.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Records } from "../../ports/records.ts";
import type { Targets } from "../../ports/targets.ts";
import { type Caller, createObjects, type Objects } from "./index.ts";

export const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);

export const caller: Caller = {
  account: "000000000000",
  region: "us-east-1",
  requestId: "REQUEST",
  hostId: "HOST",
  principal: "AWS:caller",
  sourceIp: "127.0.0.1",
};

export const plain: ObjectAttributes = {
  headers: {},
  metadata: {},
  tags: [],
  storageClass: "STANDARD",
};

export const BUCKET = "bucket";

/** Targets that all exist. */
export const targetsOf = (deliver: Targets["deliver"]): Targets => ({
  deliver,
  exists: async () => true,
});

export async function openFixture(
  engine: { readonly records: Records; readonly blobs: Blobs },
  deliver: Targets["deliver"] = async () => undefined,
) {
  const clock = handClock();
  const open = () => createObjects({ ...engine, clock, targets: targetsOf(deliver) });
  const objects = open();
  await objects.createBucket(caller, { name: BUCKET });
  return {
    ...engine,
    objects,
    clock,
    /** Another life of the platform over the same records and blobs. */
    open,
    /** Every blob that is stored, through the eyes of a reader. */
    has: (blob: string) =>
      engine.blobs.read(blob).then(
        () => true,
        () => false,
      ),
    put: (key: string, text: string, more: Partial<Parameters<Objects["putObject"]>[1]> = {}) =>
      objects.putObject(caller, {
        bucket: BUCKET,
        key,
        attributes: plain,
        body: { bytes: chunks(text) },
        conditions: {},
        event: "Put",
        ...more,
      }),
    get: async (key: string, more: Partial<Parameters<Objects["getObject"]>[1]> = {}) =>
      text(
        (await objects.getObject(caller, { bucket: BUCKET, key, conditions: {}, ...more })).bytes,
      ),
  };
}

/** A clock that moves only when it is told to; due timers run then. */
export function handClock(): Clock & { advance(ms: number): void } {
  let now = NOW;
  const timers = new Set<{ readonly due: number; readonly callback: () => void }>();
  return {
    now: () => now,
    monotonic: () => now,
    after(ms, callback) {
      const timer = { due: now + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers])
        if (timer.due <= now && timers.delete(timer)) timer.callback();
    },
  };
}

export async function* chunks(...pieces: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

export async function text(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of bytes) all.push(chunk);
  return Buffer.concat(all).toString();
}

/** Expects the error of this code, with at least these details. */
export async function rejects(
  work: Promise<unknown>,
  code: string,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof YunqueError, String(error));
    assert.equal(error.code, code);
    assert.deepEqual({ ...error.details, ...details }, error.details);
    return true;
  });
}

/** Waits until the condition holds. The test's own time limit ends a wait for nothing. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
