import assert from "node:assert/strict";
import { describe } from "node:test";
import { BlobMissing, type Blobs } from "./blobs.ts";
import { type Case, casesOf, collect, type Subject, withCode } from "./port.contract.ts";

/** Registers what every engine's blobs must do. */
export function blobsContract(subject: Subject<Blobs>): void {
  const test = casesOf(subject);
  describe(`blobs of the ${subject.engine} engine`, () => {
    storing(test);
    ranges(test);
    failing(test);
    deleting(test);
    closing(test);
    if (subject.keeps) keeping(test);
  });
}

type Test = Case<Blobs>;

async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === "string" ? Buffer.from(part) : part;
}

const bytesOf = async (
  blobs: Blobs,
  id: string,
  range?: { start: number; end: number },
): Promise<Buffer> => Buffer.concat(await collect(await blobs.read(id, range)));

/** Bytes that repeat after no power of two, so that a chunk at the wrong place shows. */
const pattern = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => i % 251));

function storing(test: Test): void {
  test("bytes come back as they went in, however they were cut", async (blobs) => {
    const bytes = pattern(300_000);
    const cuts = [0, 1, 1, 5, 70_000, 70_001, 200_000, 300_000];
    const parts = cuts.map((cut, index) => bytes.subarray(cuts[index - 1] ?? 0, cut));
    const { id, size } = await blobs.put(chunks(...parts));
    assert.equal(size, 300_000);
    assert.ok((await bytesOf(blobs, id)).equals(bytes));
  });

  test("thousands of tiny chunks are one blob", async (blobs) => {
    const bytes = pattern(5000);
    const { id } = await blobs.put(chunks(...Array.from(bytes, (byte) => Uint8Array.of(byte))));
    assert.ok((await bytesOf(blobs, id)).equals(bytes));
  });

  test("nothing at all is a blob too", async (blobs) => {
    for (const source of [chunks(), chunks("", "")]) {
      const { id, size } = await blobs.put(source);
      assert.equal(size, 0);
      assert.equal((await bytesOf(blobs, id)).length, 0);
    }
  });

  test("ids are plain and never the same, also for the same bytes", async (blobs) => {
    const made = await Promise.all(Array.from({ length: 20 }, () => blobs.put(chunks("same"))));
    assert.equal(new Set(made.map(({ id }) => id)).size, 20);
    for (const { id } of made) assert.match(id, /^[A-Za-z0-9-]+$/);
  });

  test("puts and reads at once do not mix", async (blobs) => {
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(10_000));
    const made = await Promise.all(texts.map((text) => blobs.put(chunks(text))));
    const read = await Promise.all(made.map(({ id }) => bytesOf(blobs, id)));
    assert.deepEqual(read.map(String), texts);
  });

  test("a large blob is read in pieces of bounded size", async (blobs) => {
    const bytes = pattern(3 << 20);
    const { id } = await blobs.put(chunks(bytes));
    const pieces = await collect(await blobs.read(id));
    assert.ok(pieces.every(({ length }) => length <= 1 << 20));
    assert.ok(Buffer.concat(pieces).equals(bytes));
  });

  test("the reader's bytes are its own", async (blobs) => {
    const { id } = await blobs.put(chunks("untouched"));
    for await (const chunk of await blobs.read(id)) chunk.fill(0);
    assert.equal(String(await bytesOf(blobs, id)), "untouched");
  });

  test("a blob of this opening is not inherited", async (blobs) => {
    await blobs.put(chunks("new"));
    assert.deepEqual(await collect(blobs.inherited()), []);
  });
}

function ranges(test: Test): void {
  test("a range is exactly its bytes, also across pieces", async (blobs) => {
    const bytes = pattern(1 << 20);
    const { id } = await blobs.put(chunks(bytes));
    for (const [start, end] of [
      [0, 1],
      [0, 1 << 20],
      [5, 5],
      [131_071, 131_073],
      [70_000, 900_001],
      [(1 << 20) - 1, 1 << 20],
    ] as const)
      assert.ok(
        (await bytesOf(blobs, id, { start, end })).equals(bytes.subarray(start, end)),
        `${start}-${end}`,
      );
  });

  test("a range ends where the blob ends", async (blobs) => {
    const { id } = await blobs.put(chunks("0123456789"));
    assert.equal(String(await bytesOf(blobs, id, { start: 8, end: 1000 })), "89");
    assert.equal(String(await bytesOf(blobs, id, { start: 10, end: 11 })), "");
    assert.equal(String(await bytesOf(blobs, id, { start: 1000, end: 2000 })), "");
  });

  test("what is no range is refused", async (blobs) => {
    const { id } = await blobs.put(chunks("0123456789"));
    for (const [start, end] of [
      [-1, 5],
      [5, 4],
      [0.5, 1],
      [0, Number.NaN],
    ] as const)
      await assert.rejects(blobs.read(id, { start, end }), RangeError);
  });
}

function failing(test: Test): void {
  test("what the source throws is passed on", async (blobs) => {
    const failure = Object.assign(new Error("the client went away"), {
      code: "ECONNRESET",
      syscall: "read",
    });
    async function* source() {
      yield pattern(600_000);
      throw failure;
    }
    await assert.rejects(blobs.put(source()), (error) => error === failure);
  });

  test("ids that were never given are missing, whatever they look like", async (blobs) => {
    for (const id of [
      "",
      "..",
      "../records.db",
      "a/b",
      "\0",
      "00000000-0000-0000-0000-000000000000",
      `${"0".repeat(20)}-${"0".repeat(12)}`,
    ]) {
      await assert.rejects(blobs.read(id), BlobMissing);
      await blobs.delete(id);
    }
  });
}

function deleting(test: Test): void {
  test("a deleted blob is missing; deleting again is fine", async (blobs) => {
    const { id } = await blobs.put(chunks("x"));
    await blobs.delete(id);
    await blobs.delete(id);
    await assert.rejects(blobs.read(id), BlobMissing);
  });

  test("who reads already keeps a blob that is deleted", async (blobs) => {
    const bytes = pattern(1 << 20);
    const { id } = await blobs.put(chunks(bytes));
    const unread = await blobs.read(id);
    const begun = (await blobs.read(id))[Symbol.asyncIterator]();
    const first = await begun.next();
    await blobs.delete(id);
    assert.ok(Buffer.concat(await collect(unread)).equals(bytes));
    const rest = await collect({ [Symbol.asyncIterator]: () => begun });
    assert.ok(Buffer.concat([first.value ?? Buffer.alloc(0), ...rest]).equals(bytes));
  });

  test("a reader may stop early, or never start", async (blobs) => {
    const { id } = await blobs.put(chunks(pattern(1 << 20)));
    for await (const chunk of await blobs.read(id)) {
      assert.ok(chunk.length > 0);
      break;
    }
    const iterator = (await blobs.read(id))[Symbol.asyncIterator]();
    assert.equal((await iterator.return?.())?.done, true);
    assert.equal((await iterator.next()).done, true);
  });
}

function closing(test: Test): void {
  test("after close every call is refused", async (blobs) => {
    const { id } = await blobs.put(chunks("x"));
    await blobs.close();
    await blobs.close();
    const closed = withCode("StorageClosed");
    await assert.rejects(blobs.put(chunks("y")), closed);
    await assert.rejects(blobs.read(id), closed);
    await assert.rejects(blobs.delete(id), closed);
    await assert.rejects(collect(blobs.inherited()), closed);
  });

  test("close gives up a put whose source is silent, and tells the source", async (blobs) => {
    let told = false;
    const source: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: async () => {
          told = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const given = assert.rejects(blobs.put(source), withCode("StorageClosed"));
    await blobs.close();
    await given;
    assert.ok(told);
  });
}

function keeping(test: Test): void {
  test("blobs are there after opening again, and are inherited then", async (blobs, reopen) => {
    const made = await Promise.all(["a", "b", "c"].map((text) => blobs.put(chunks(text))));
    await blobs.delete(made[1]?.id ?? "");
    const reopened = await reopen();
    const kept = [made[0]?.id ?? "", made[2]?.id ?? ""];
    assert.deepEqual(
      await Promise.all(kept.map(async (id) => String(await bytesOf(reopened, id)))),
      ["a", "c"],
    );
    await reopened.put(chunks("new"));
    assert.deepEqual((await collect(reopened.inherited())).sort(), kept.sort());
  });
}
