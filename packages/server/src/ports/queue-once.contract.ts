import assert from "node:assert/strict";
import type { Case } from "./port.contract.ts";
import { bodies, message, NOW, OTHER, QUEUE } from "./queues.fixture.ts";
import type { NewMessage, Queues } from "./queues.ts";

const once = (text: string, ...keys: string[]): NewMessage =>
  message(text, { once: { keys, forMs: 1000, note: `note of ${text}` } });

/** Registers what is promised of messages that are added once. */
export function queueOnce(test: Case<Queues>): void {
  test("a message is added once while its key is remembered, and the first one is told", async (queues) => {
    const [first] = await queues.enqueue(QUEUE, [once("a", "k")], NOW);
    assert.ok(first);
    assert.deepEqual(await queues.enqueue(QUEUE, [once("b", "k")], NOW + 999), [
      { id: first.id, epoch: 0, duplicate: "note of a" },
    ]);
    const [later] = await queues.enqueue(QUEUE, [once("c", "k")], NOW + 1000);
    assert.equal(later?.duplicate, undefined);
    assert.deepEqual(await bodies(queues, NOW + 1000), ["a", "c"]);
  });

  test("it is remembered of a message that is gone, of an empty queue, and after a purge", async (queues) => {
    await queues.enqueue(QUEUE, [once("a", "k")], NOW);
    assert.deepEqual(await bodies(queues, NOW), ["a"]);
    assert.equal((await queues.enqueue(QUEUE, [once("b", "k")], NOW))[0]?.duplicate, "note of a");
    await queues.purge(QUEUE);
    assert.equal((await queues.enqueue(QUEUE, [once("c", "k")], NOW))[0]?.duplicate, "note of a");
    assert.deepEqual(await queues.names(""), []);
  });

  test("of one call the first is added; others of the call are, too", async (queues) => {
    const added = await queues.enqueue(
      QUEUE,
      [once("a", "k"), once("b", "k"), once("c", "l"), message("d")],
      NOW,
    );
    assert.deepEqual(
      added.map(({ duplicate }) => duplicate),
      [undefined, "note of a", undefined, undefined],
    );
    assert.deepEqual(await bodies(queues, NOW), ["a", "c", "d"]);
  });

  test("another queue has keys of its own", async (queues) => {
    await queues.enqueue(QUEUE, [once("a", "k")], NOW);
    await queues.enqueue(OTHER, [once("b", "k")], NOW);
    assert.deepEqual(await bodies(queues, NOW, OTHER), ["b"]);
  });

  test("any of its keys stops a message, and the first alone is remembered", async (queues) => {
    await queues.enqueue(QUEUE, [once("a", "k")], NOW);
    const [stopped] = await queues.enqueue(QUEUE, [once("b", "l", "k")], NOW);
    assert.equal(stopped?.duplicate, "note of a");
    await queues.enqueue(QUEUE, [once("c", "m", "n")], NOW);
    const [fourth] = await queues.enqueue(QUEUE, [once("d", "n")], NOW);
    assert.equal(fourth?.duplicate, undefined);
    assert.deepEqual(await bodies(queues, NOW), ["a", "c", "d"]);
  });

  test("of many calls at once one adds it", async (queues) => {
    const added = await Promise.all(
      Array.from({ length: 20 }, (_, n) => queues.enqueue(QUEUE, [once(`${n}`, "k")], NOW)),
    );
    assert.equal(added.flat().filter(({ duplicate }) => duplicate === undefined).length, 1);
    assert.equal(new Set(added.flat().map(({ id }) => id)).size, 1);
    assert.equal((await bodies(queues, NOW)).length, 1);
  });
}
