import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arn, openQueues, ref } from "./fixture.ts";

const SECOND = 1_000;
const MINUTE = 60_000;
const EXPIRED = /The receipt handle has expired\.$/;

describe("messages of a standard queue", () => {
  it("are received again when their visibility has run out, and count how often", async () => {
    const { create, send, receive, clock } = openQueues();
    await create("q");
    const sent = clock.now();
    const [id] = await send("q", "a");
    clock.advance(5);
    const [first] = await receive("q");
    assert.deepEqual(
      [first?.messageId, first?.receives, first?.sent, first?.firstReceived, first?.senderId],
      [id, 1, sent, sent + 5, "me"],
    );
    clock.advance(30 * SECOND - 1);
    assert.deepEqual(await receive("q"), []);
    clock.advance(1);
    const [second] = await receive("q");
    assert.deepEqual(
      [second?.messageId, second?.receives, second?.firstReceived],
      [id, 2, sent + 5],
    );
    assert.notEqual(second?.receiptHandle, first?.receiptHandle);
  });

  it("are deleted by a handle whose time is over, but not by one that is older than the last", async () => {
    const world = openQueues();
    await world.create("q");
    await world.send("q", "a", "b");
    const first = await world.receive("q");
    world.clock.advance(MINUTE);
    assert.deepEqual(await world.delete("q", first.slice(0, 1)), [undefined]);
    const [b] = await world.receive("q");
    assert.equal(b?.body, "b");
    assert.deepEqual(
      await world.delete("q", first),
      [undefined, undefined],
      "success all the same",
    );
    assert.deepEqual(await world.counts("q"), ["0", "1", "0"]);
  });

  it("are hidden for longer or shorter; what is not held is left alone, what is gone is told", async () => {
    const world = openQueues();
    await world.create("q");
    await world.send("q", "a");
    const received = await world.receive("q");
    assert.deepEqual(await world.hide("q", 60, received), [undefined]);
    world.clock.advance(59 * SECOND);
    assert.deepEqual(await world.receive("q"), []);
    assert.deepEqual(await world.hide("q", 0, received), [undefined]);
    assert.deepEqual(await world.hide("q", 60, received), [undefined], "it is visible: nothing");
    const again = await world.receive("q");
    assert.equal(again.length, 1);
    await world.delete("q", again);
    assert.match((await world.hide("q", 1, again))[0] ?? "", /Message does not exist/);
  });

  it("are hidden for 12 hours in all", async () => {
    const world = openQueues();
    await world.create("q");
    await world.send("q", "a");
    const received = await world.receive("q", { visibilityMs: 43_200 * SECOND });
    world.clock.advance(SECOND);
    assert.match(
      (await world.hide("q", 43_200, received))[0] ?? "",
      /beyond the limit \[43200 seconds\]/,
    );
    assert.deepEqual(await world.hide("q", 43_199, received), [undefined]);
  });

  it("are visible after their delay or the queue's", async () => {
    const { create, send, bodies, counts, clock } = openQueues();
    await create("q", { DelaySeconds: "10" });
    await send("q", "queue's", { body: "own", delaySeconds: 5 }, { body: "now", delaySeconds: 0 });
    assert.deepEqual(await counts("q"), ["1", "0", "2"]);
    assert.deepEqual(await bodies("q"), ["now"]);
    clock.advance(5 * SECOND);
    assert.deepEqual(await bodies("q"), ["own"]);
    clock.advance(5 * SECOND);
    assert.deepEqual(await bodies("q"), ["queue's"]);
  });

  it("are gone after the retention period, also one that is made shorter later", async () => {
    const { create, send, bodies, counts, clock, queues } = openQueues();
    await create("q", { MessageRetentionPeriod: "600" });
    await send("q", "a");
    clock.advance(300 * SECOND);
    await send("q", "b");
    clock.advance(300 * SECOND);
    assert.deepEqual(await counts("q"), ["2", "0", "0"]);
    clock.advance(1);
    assert.deepEqual(await counts("q"), ["1", "0", "0"]);
    await queues.setAttributes(ref("q"), { MessageRetentionPeriod: "60" });
    assert.deepEqual(await bodies("q"), []);
  });

  it("are as many in flight as may be", async () => {
    const world = openQueues();
    await world.create("q");
    const { attributes } = await world.queues.describe(ref("q"));
    assert.equal(attributes["QueueArn"], arn("q"));
    const [name = ""] = await (async () => {
      await world.send("q", "last");
      return world.port.names("");
    })();
    for (let n = 0; n < 120; n++) {
      const messages = Array.from({ length: 1000 }, () => ({
        body: Buffer.from("x"),
        attributes: '{"i":"i","d":"d","u":"u"}',
      }));
      await world.port.enqueue(name, messages, world.clock.now());
    }
    for (let n = 0; n < 120; n++)
      assert.equal((await world.receive("q", { max: 1000 })).length, 1000);
    await assert.rejects(world.receive("q"), { code: "QueueOverLimit" });
    assert.deepEqual(await world.receive("q", { waitMs: 1, signal: AbortSignal.abort() }), []);
    world.clock.advance(MINUTE);
    assert.equal((await world.receive("q")).length, 10);
  });

  it("keep attributes of any size beside a body of any text", async () => {
    const { create, send, receive } = openQueues();
    await create("q");
    const attributes = {
      text: { type: "String.of", value: "é\u{1F426}" },
      bytes: { type: "Binary", value: Buffer.alloc(400_000, 255).toString("base64") },
      number: { type: "Number", value: "1e3" },
    };
    await send("q", { body: '{"é":1}', attributes });
    const [message] = await receive("q");
    assert.deepEqual([message?.body, message?.messageAttributes], ['{"é":1}', attributes]);
  });
});

describe("dead letters", () => {
  const policy = (max: number, name = "dead") =>
    JSON.stringify({ deadLetterTargetArn: arn(name), maxReceiveCount: max });

  it("are those that were received maxReceiveCount times, and keep what they are", async () => {
    const { create, send, receive, bodies, clock } = openQueues();
    await create("dead");
    await create("q", { RedrivePolicy: policy(3), VisibilityTimeout: "0" });
    const sent = clock.now();
    const [id] = await send("q", "a");
    for (let n = 1; n <= 3; n++) {
      clock.advance(SECOND);
      assert.equal((await receive("q"))[0]?.receives, n);
    }
    assert.deepEqual(await bodies("dead"), []);
    assert.deepEqual(await bodies("q"), []);
    const [dead] = await receive("dead");
    assert.deepEqual(
      [dead?.messageId, dead?.receives, dead?.sent, dead?.firstReceived, dead?.deadLetterSource],
      [id, 4, sent, sent + SECOND, arn("q")],
    );
  });

  it("let those behind them through", async () => {
    const { create, send, bodies } = openQueues();
    await create("dead");
    await create("q", { RedrivePolicy: policy(1), VisibilityTimeout: "0" });
    await send("q", "a", "b");
    assert.deepEqual(await bodies("q"), ["a", "b"]);
    await send("q", "c");
    assert.deepEqual(await bodies("q"), ["c"]);
    assert.deepEqual(await bodies("dead"), ["a", "b"]);
  });

  it("stay where they are while their queue is gone", async () => {
    const { create, send, receive, queues } = openQueues();
    await create("dead");
    await create("q", { RedrivePolicy: policy(1), VisibilityTimeout: "0" });
    await queues.remove(ref("dead"));
    await send("q", "a");
    for (let n = 1; n <= 3; n++) assert.equal((await receive("q"))[0]?.receives, n);
  });

  it("age on in a standard queue, and begin anew in a FIFO queue", async () => {
    const world = openQueues();
    await world.create("dead", { MessageRetentionPeriod: "60" });
    await world.create("dead.fifo", { MessageRetentionPeriod: "60" });
    await world.create("q", { RedrivePolicy: policy(1), VisibilityTimeout: "0" });
    await world.create("q.fifo", { RedrivePolicy: policy(1, "dead.fifo"), VisibilityTimeout: "0" });
    await world.send("q", "a");
    await world.send("q.fifo", { body: "a", group: "g", deduplicationId: "1" });
    for (const name of ["q", "q.fifo"]) await world.receive(name);
    world.clock.advance(MINUTE);
    for (const name of ["q", "q.fifo"]) await world.receive(name);
    world.clock.advance(1);
    assert.deepEqual(await world.bodies("dead"), []);
    assert.deepEqual(await world.bodies("dead.fifo"), ["a"]);
  });

  it("of a group go in its order, and the group goes on", async () => {
    const world = openQueues();
    await world.create("dead.fifo");
    await world.create("q.fifo", { RedrivePolicy: policy(1, "dead.fifo"), VisibilityTimeout: "0" });
    for (const body of ["1", "2", "3"])
      await world.send("q.fifo", { body, group: "g", deduplicationId: body });
    assert.deepEqual(await world.bodies("q.fifo", { max: 2 }), ["1", "2"]);
    assert.deepEqual(await world.bodies("q.fifo"), ["3"]);
    assert.deepEqual(await world.bodies("dead.fifo"), ["1", "2"]);
  });
});

describe("messages of a FIFO queue", () => {
  const of = (group: string, body: string, deduplicationId = `${group}-${body}`) => ({
    body,
    group,
    deduplicationId,
  });

  it("come in the order of their groups; a group that is held holds nobody else", async () => {
    const world = openQueues();
    await world.create("q.fifo");
    await world.send("q.fifo", of("g", "1"), of("h", "1"), of("g", "2"), of("g", "3"));
    const held = await world.receive("q.fifo", { max: 2 });
    assert.deepEqual(
      held.map(({ group, body }) => `${group}${body}`),
      ["g1", "g2"],
    );
    const others = await world.receive("q.fifo");
    assert.deepEqual(
      others.map(({ group }) => group),
      ["h"],
    );
    assert.deepEqual(await world.delete("q.fifo", held), [undefined, undefined]);
    assert.deepEqual(await world.bodies("q.fifo"), ["3"]);
    assert.ok((held[1]?.sequenceNumber ?? "") > (held[0]?.sequenceNumber ?? "x"));
    assert.equal(held[0]?.sequenceNumber?.length, 20);
  });

  it("are sent once in five minutes, and the first is told", async () => {
    const { create, send, bodies, clock } = openQueues();
    await create("q.fifo");
    const [first] = await send("q.fifo", of("g", "a", "1"));
    clock.advance(5 * MINUTE - 1);
    assert.deepEqual(await send("q.fifo", of("g", "b", "1")), [first]);
    clock.advance(1);
    assert.notDeepEqual(await send("q.fifo", of("g", "c", "1")), [first]);
    assert.deepEqual(await bodies("q.fifo"), ["a", "c"]);
  });

  it("are the same by their bodies, where the queue says so", async () => {
    const { create, send, bodies } = openQueues();
    await create("q.fifo", { ContentBasedDeduplication: "true" });
    await send(
      "q.fifo",
      { body: "a", group: "g" },
      { body: "a", group: "g" },
      { body: "b", group: "g" },
    );
    assert.deepEqual(await bodies("q.fifo"), ["a", "b"]);
  });

  it("are told that their handle's time is over", async () => {
    const world = openQueues();
    await world.create("q.fifo");
    await world.send("q.fifo", of("g", "a"), of("h", "b"));
    const [a, b] = await world.receive("q.fifo");
    assert.ok(a && b);
    await world.delete("q.fifo", [b]);
    world.clock.advance(MINUTE);
    assert.match((await world.delete("q.fifo", [a]))[0] ?? "", EXPIRED);
    assert.match((await world.hide("q.fifo", 5, [a]))[0] ?? "", EXPIRED);
    assert.deepEqual(await world.delete("q.fifo", [b]), [undefined], "it is gone");
    const [again] = await world.receive("q.fifo");
    assert.match((await world.delete("q.fifo", [a]))[0] ?? "", EXPIRED);
    assert.ok(again);
    assert.deepEqual(await world.delete("q.fifo", [again]), [undefined]);
  });

  it("come again by the same attempt, until somebody changes one of them", async () => {
    const world = openQueues();
    await world.create("q.fifo");
    await world.send("q.fifo", of("g", "a"), of("h", "b"));
    const receive = () => world.receive("q.fifo", { attempt: "attempt" });
    const first = await receive();
    assert.equal(first.length, 2);
    world.clock.advance(20 * SECOND);
    assert.deepEqual(await receive(), first);
    world.clock.advance(20 * SECOND);
    assert.deepEqual(await world.receive("q.fifo"), [], "they are hidden anew");
    await world.delete("q.fifo", first.slice(0, 1));
    assert.deepEqual(await receive(), []);
  });
});
