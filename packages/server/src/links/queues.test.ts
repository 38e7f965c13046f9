import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SourceGone } from "../ports/event-sources.ts";
import { Undeliverable } from "../ports/targets.ts";
import { arn, openQueues } from "../services/queues/fixture.ts";
import { queueSource, queueTargets } from "./queues.ts";

const sender = { service: "events.amazonaws.com", arn: "arn:aws:events:us-east-1:1:rule/r" };
const signal = new AbortController().signal;
const body = Buffer.from('{"a":"é"}');
const coded = (code: string) => (error: unknown) =>
  error instanceof Undeliverable && error.code === code;

describe("queues as targets", () => {
  it("take a message with all that they know of it", async () => {
    const { create, receive, queues } = openQueues();
    await create("q");
    const attributes = { kind: { type: "String", value: "a" } };
    const traceId = "Root=1-00000000-000000000000000000000000";
    await queueTargets(queues).deliver({
      ...{ target: arn("q"), body, sender, attributes, traceId },
      groupId: "tenant",
      deduplicationId: "ignored",
      subject: "ignored",
    });
    const [message] = await receive("q");
    assert.deepEqual(
      [message?.body, message?.messageAttributes, message?.traceHeader],
      ['{"a":"é"}', attributes, traceId],
    );
    assert.deepEqual([message?.senderId, message?.group], [sender.service, "tenant"]);
  });

  it("take a dead letter whatever its error says", async () => {
    const { create, receive, queues } = openQueues();
    await create("q");
    const attributes = {
      none: { type: "String", value: "" },
      colours: { type: "String", value: "\u001b[31mred\ud800" },
    };
    await queueTargets(queues).deliver({ target: arn("q"), body, sender, attributes });
    const [message] = await receive("q");
    assert.deepEqual(message?.messageAttributes, {
      colours: { type: "String", value: "\ufffd[31mred\ufffd" },
    });
  });

  it("that are FIFO need a group, and take a message once", async () => {
    const { create, bodies, queues } = openQueues();
    await create("q.fifo", { ContentBasedDeduplication: "true" });
    const targets = queueTargets(queues);
    const message = { target: arn("q.fifo"), body, sender };
    await assert.rejects(targets.deliver(message), coded("INVALID_PARAMETER"));
    for (const deduplicationId of ["1", "1", "2"])
      await targets.deliver({ ...message, groupId: "g", deduplicationId });
    assert.equal((await bodies("q.fifo")).length, 2);
  });

  it("that do not exist are told of in AWS's word", async () => {
    const { create, queues } = openQueues();
    await create("q");
    const targets = queueTargets(queues);
    for (const target of [arn("absent"), "arn:aws:sqs:us-east-1:1:q", "q"]) {
      await assert.rejects(targets.deliver({ target, body, sender }), coded("NO_RESOURCE"));
      assert.equal(await targets.exists(target), false);
    }
    assert.equal(await targets.exists(arn("q")), true);
  });
});

describe("queues as sources", () => {
  it("are described, and hand out messages with every attribute", async () => {
    const { create, send, queues } = openQueues();
    await create("q", { VisibilityTimeout: "7" });
    const source = queueSource(queues);
    assert.deepEqual(await source.describe(arn("q")), { visibilityMs: 7000, fifo: false });
    assert.equal(await source.describe(arn("absent")), undefined);
    const [messageId] = await send("q", {
      body: "a",
      attributes: { kind: { type: "String", value: "b" } },
    });
    const [message] = await source.receive(arn("q"), { max: 10, waitMs: 0, signal });
    assert.deepEqual(
      [message?.messageId, message?.body, message?.attributes["ApproximateReceiveCount"]],
      [messageId, "a", "1"],
    );
    assert.equal(message?.md5OfBody, "0cc175b9c0f1b6a831c399e269772661");
    assert.match(message?.md5OfMessageAttributes ?? "", /^[0-9a-f]{32}$/);
  });

  it("hide and delete many messages at once", async () => {
    const { create, send, counts, queues } = openQueues();
    await create("q");
    for (let n = 0; n < 30; n++) await send("q", ...Array.from({ length: 10 }, () => `${n}`));
    const source = queueSource(queues);
    const messages = await source.receive(arn("q"), { max: 1000, waitMs: 0, signal });
    const handles = messages.map(({ receiptHandle }) => receiptHandle);
    assert.equal(handles.length, 300);
    await source.changeVisibility(arn("q"), handles.slice(0, 100), 0);
    assert.deepEqual(await counts("q"), ["100", "200", "0"]);
    await source.delete(arn("q"), handles);
    assert.deepEqual(await counts("q"), ["0", "0", "0"]);
  });

  it("that are gone say so", async () => {
    const { queues } = openQueues();
    const source = queueSource(queues);
    const none = { max: 1, waitMs: 0, signal };
    await assert.rejects(source.receive(arn("q"), none), SourceGone);
    await assert.rejects(source.delete(arn("q"), []), SourceGone);
    await assert.rejects(source.changeVisibility("q", [], 0), SourceGone);
  });

  it("give back what an aborted receive got", async () => {
    const { create, send, counts, queues } = openQueues();
    await create("q");
    const gone = new AbortController();
    const options = { max: 1, waitMs: 20_000, signal: gone.signal };
    const receiving = queueSource(queues).receive(arn("q"), options);
    await send("q", "a");
    gone.abort();
    assert.deepEqual(await receiving, []);
    assert.deepEqual(await counts("q"), ["1", "0", "0"]);
  });
});
