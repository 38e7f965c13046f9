import assert from "node:assert/strict";
import { test } from "node:test";
import { readPrelude } from "./url-prelude.ts";

async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part as string);
}

async function read(...parts: (string | Uint8Array)[]) {
  const prelude = await readPrelude(chunks(...parts));
  if (prelude === undefined) return undefined;
  let body = "";
  for await (const chunk of prelude.body) body += Buffer.from(chunk).toString();
  return [prelude.head, body];
}

const zeros = new Uint8Array(8);

test("a prelude and the body behind it, in one piece or in many", async () => {
  const head = { statusCode: 201 };
  const json = JSON.stringify(head);
  assert.deepEqual(await read(Buffer.concat([Buffer.from(json), zeros, Buffer.from("body")])), [
    head,
    "body",
  ]);
  assert.deepEqual(
    await read(json.slice(0, 3), json.slice(3), zeros.slice(3), zeros.slice(5), "bo", "dy"),
    [head, "body"],
  );
  assert.deepEqual(await read(json, zeros), [head, ""]);
});

test("a stream without a prelude is none", async () => {
  assert.equal(await read('{"statusCode":200}'), undefined);
  assert.equal(await read("no json", zeros), undefined);
  assert.equal(await read("[]", zeros), undefined);
});

test("a prelude that does not end is given up early", async () => {
  let read = 0;
  const endless = (async function* () {
    for (;;) {
      read += 16_384;
      yield Buffer.alloc(16_384, " ");
    }
  })();
  assert.equal(await readPrelude(endless), undefined);
  assert.ok(read <= 131_072);
});
