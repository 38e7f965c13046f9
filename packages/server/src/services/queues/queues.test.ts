import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arn, idle, openQueues, ref, SCOPE } from "./fixture.ts";

const MINUTE = 60_000;

describe("queues", () => {
  it("are made once; again with what they have is fine, with something else is not", async () => {
    const { create } = openQueues();
    await create("q", { DelaySeconds: "5" });
    await create("q");
    await create("q", { DelaySeconds: "5", VisibilityTimeout: "30" });
    await assert.rejects(create("q", { DelaySeconds: "6" }), { code: "QueueNameTaken" });
    await assert.rejects(create("q", { VisibilityTimeout: "31" }), { code: "QueueNameTaken" });
  });

  it("of many at once who make it, all find the same", async () => {
    const { create, queues } = openQueues();
    await Promise.all(Array.from({ length: 20 }, () => create("q")));
    assert.equal((await queues.list(SCOPE, {})).queues.length, 1);
  });

  it("that are made again begin anew, and old handles are nobody's", async () => {
    const world = openQueues();
    await world.create("q");
    await world.send("q", "a", "b");
    const [held] = await world.receive("q", { max: 1 });
    assert.ok(held);
    await world.queues.remove(ref("q"));
    await assert.rejects(world.send("q", "c"), { code: "QueueMissing" });
    await world.create("q");
    assert.deepEqual(await world.bodies("q"), []);
    assert.match((await world.delete("q", [held]))[0] ?? "", /is not a valid receipt handle/);
  });

  it("are purged once a minute", async () => {
    const { create, send, counts, clock, queues } = openQueues();
    await create("q");
    await send("q", "a", { body: "b", delaySeconds: 60 });
    await queues.purge(ref("q"));
    assert.deepEqual(await counts("q"), ["0", "0", "0"]);
    await send("q", "c");
    clock.advance(MINUTE - 1);
    await assert.rejects(queues.purge(ref("q")), { code: "QueuePurgedRecently" });
    clock.advance(1);
    await queues.purge(ref("q"));
    assert.deepEqual(await counts("q"), ["0", "0", "0"]);
  });

  it("are listed by prefix and page, and so are the sources of a dead-letter queue", async () => {
    const { create, queues } = openQueues();
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 1 });
    await create("dead");
    for (const name of ["a1", "a2", "a3", "b"]) await create(name, { RedrivePolicy });
    const names = async (max?: number, token?: string, prefix?: string) => {
      const page = await queues.list(SCOPE, { max, token, prefix });
      return { names: page.queues.map(({ name }) => name), token: page.token };
    };
    assert.deepEqual((await names()).names, ["a1", "a2", "a3", "b", "dead"]);
    const first = await names(2, undefined, "a");
    assert.deepEqual(first.names, ["a1", "a2"]);
    const second = await names(2, first.token, "a");
    assert.deepEqual([second.names, second.token], [["a3"], undefined]);
    const sources = await queues.listSources(ref("dead"), { max: 4 });
    assert.deepEqual([sources.queues.length, sources.token], [4, undefined]);
  });

  it("take dead letters of those that they allow", async () => {
    const { create } = openQueues();
    const allow = (sourceQueueArns: string[]) =>
      JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns });
    await create("dead", { RedriveAllowPolicy: allow([arn("friend")]) });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 1 });
    await create("friend", { RedrivePolicy });
    await assert.rejects(create("stranger", { RedrivePolicy }), { code: "QueueParameterInvalid" });
  });

  it("lose a redrive policy by an empty one", async () => {
    const { create, queues } = openQueues();
    await create("dead");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 1 });
    await create("q", { RedrivePolicy });
    await queues.setAttributes(ref("q"), { RedrivePolicy: "" });
    const { attributes, settings } = await queues.describe(ref("q"));
    assert.deepEqual([attributes["RedrivePolicy"], settings.redrive], [undefined, undefined]);
  });

  it("what a crash left of a queue, and what is too old, is swept", async () => {
    const { create, send, engine, port, clock, queues } = openQueues();
    await create("q", { MessageRetentionPeriod: "60" });
    await send("q", "a");
    const [name = ""] = await port.names("");
    const orphan = `${name.slice(0, name.lastIndexOf("/"))}/earlier`;
    await port.enqueue(orphan, [{ body: Buffer.from("x"), attributes: "{}" }], clock.now());
    await port.enqueue("a/b/other", [{ body: Buffer.from("x"), attributes: "{}" }], clock.now());
    await queues.close();
    clock.advance(61_000);
    const next = openQueues({ engine, clock });
    await next.queues.start();
    await idle();
    assert.deepEqual(await port.names(""), ["a/b/other"]);
    await next.queues.close();
    assert.deepEqual([clock.pending, next.defects], [0, []]);
  });
});

describe("message move tasks", () => {
  async function deadLetters(count: number, more: object = {}) {
    const world = openQueues();
    await world.create("dead");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 1 });
    await world.create("q", { RedrivePolicy, VisibilityTimeout: "0" });
    for (let n = 0; n < count; n++) await world.send("q", `${n}`);
    while ((await world.receive("q")).length > 0);
    while ((await world.counts("dead"))[0] !== `${count}`) await world.receive("q");
    await world.queues.start();
    const begin = (task: object = {}) =>
      world.queues.moves.begin({ sourceArn: arn("dead"), ...more, ...task });
    const task = async () => (await world.queues.moves.list(arn("dead")))[0];
    return { ...world, begin, task };
  }

  it("bring dead letters back to where they came from, as new messages", async () => {
    const { begin, task, receive, counts } = await deadLetters(25);
    await begin();
    await idle();
    const { status, moved, toMove } = (await task()) ?? {};
    assert.deepEqual([status, moved, toMove], ["COMPLETED", 25, 25]);
    assert.deepEqual(await counts("dead"), ["0", "0", "0"]);
    const [message] = await receive("q");
    assert.deepEqual([message?.receives, message?.deadLetterSource], [1, undefined]);
  });

  it("bring them elsewhere, so many a second, one task at a time, until they are cancelled", async () => {
    const { create, begin, task, counts, clock, queues } = await deadLetters(10);
    await create("other");
    const handle = await begin({ destinationArn: arn("other"), perSecond: 3 });
    await idle();
    assert.deepEqual(await counts("other"), ["3", "0", "0"]);
    await assert.rejects(begin(), { code: "MoveTaskRefused" });
    clock.advance(1000);
    await idle();
    assert.deepEqual([await counts("other"), (await task())?.moved], [["6", "0", "0"], 6]);
    assert.equal(await queues.moves.cancel(handle), 6);
    assert.equal((await task())?.status, "CANCELLED");
    clock.advance(5000);
    await idle();
    assert.deepEqual(await counts("dead"), ["4", "0", "0"]);
    await assert.rejects(queues.moves.cancel(handle), { code: "MoveTaskRefused" });
  });

  it("fail where nobody knows where a message came from, or its queue is gone", async () => {
    const { begin, task, send, counts, queues, clock } = await deadLetters(1);
    await send("dead", "stranger");
    await begin();
    await idle();
    assert.deepEqual(
      [(await task())?.status, (await task())?.failure, (await task())?.moved],
      ["FAILED", "CouldNotDetermineMessageSource", 1],
    );
    assert.deepEqual(await counts("dead"), ["1", "0", "0"]);
    await queues.remove(ref("q"));
    clock.advance(1);
    await assert.rejects(begin(), { code: "QueueParameterInvalid" });
  });

  it("go on in the next life of the platform", async () => {
    const { begin, engine, clock, queues, create } = await deadLetters(5);
    await create("other");
    await begin({ destinationArn: arn("other"), perSecond: 2 });
    await idle();
    await queues.close();
    const next = openQueues({ engine, clock });
    await next.queues.start();
    await idle();
    for (let n = 0; n < 5; n++) {
      clock.advance(1000);
      await idle();
    }
    assert.deepEqual(await next.counts("other"), ["5", "0", "0"]);
    const [task] = await next.queues.moves.list(arn("dead"));
    assert.equal(task?.status, "COMPLETED");
    await next.queues.close();
  });
});
