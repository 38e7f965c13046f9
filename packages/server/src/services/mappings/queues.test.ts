/** Mappings of queues, by the clock and on the real queues. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { queueArn, quiet, SCOPE, type TestEvent, testMappings } from "./fixture.ts";

const bodies = ({ Records }: TestEvent): unknown[] => Records.map(({ body }) => body);
const attribute = (event: TestEvent | undefined, name: string): string | undefined =>
  (event?.Records[0]?.["attributes"] as Readonly<Record<string, string>> | undefined)?.[name];
const ids = ({ Records }: TestEvent): unknown[] => Records.map(({ messageId }) => messageId);

describe("mappings of queues", () => {
  it("hands batches over in Lambda's form, and deletes them", async () => {
    const test = testMappings();
    await test.queue("q");
    await test.map({ sourceArn: queueArn("q") });
    await test.sendOne("q", {
      body: "hello",
      attributes: { n: { type: "Number", value: "1" }, b: { type: "Binary.x", value: "eA==" } },
    });
    await quiet();
    const [record] = test.functions.events[0]?.Records ?? [];
    assert.deepEqual(Object.keys(record ?? {}), [
      "messageId",
      "receiptHandle",
      "body",
      "attributes",
      "messageAttributes",
      "md5OfMessageAttributes",
      "md5OfBody",
      "eventSource",
      "eventSourceARN",
      "awsRegion",
    ]);
    assert.deepEqual(record?.["messageAttributes"], {
      n: { stringValue: "1", stringListValues: [], binaryListValues: [], dataType: "Number" },
      b: { binaryValue: "eA==", stringListValues: [], binaryListValues: [], dataType: "Binary.x" },
    });
    const left = await test.queues.describe({ ...SCOPE, name: "q" });
    assert.equal(left.attributes["ApproximateNumberOfMessagesNotVisible"], "0");
    await test.mappings.close(0);
  });

  it("waits for more as long as its window, and never beyond its size", async () => {
    const test = testMappings();
    await test.queue("q");
    await test.map({ sourceArn: queueArn("q"), batchSize: 3, windowSeconds: 5 });
    await test.send("q", "1", "2");
    await quiet();
    await test.pass(4900);
    assert.deepEqual(test.functions.events, []);
    await test.pass(200);
    assert.deepEqual(test.functions.events.map(bodies), [["1", "2"]]);
    await test.send("q", "3", "4", "5", "6");
    await quiet();
    assert.deepEqual(test.functions.events.map(bodies)[1], ["3", "4", "5"]);
    await test.pass(5100);
    assert.deepEqual(test.functions.events.map(bodies)[2], ["6"]);
    await test.mappings.close(0);
  });

  it("closes a batch before it is larger than an invocation may be", async () => {
    const test = testMappings();
    await test.queue("q");
    test.functions.handler = (event) =>
      assert.ok(Buffer.byteLength(JSON.stringify(event)) < 6 * 1024 * 1024);
    const mega = "x".repeat(1024 * 1024 - 1);
    await test.map({ sourceArn: queueArn("q"), windowSeconds: 1 });
    for (let n = 0; n < 8; n += 1) await test.send("q", mega);
    await test.pass(3000, 500);
    assert.deepEqual(
      test.functions.events.map((event) => event.Records.length),
      [5, 3],
    );
    await test.mappings.close(0);
  });

  it("leaves what failed until it is visible, and the dead-letter queue has it after just so many", async () => {
    const test = testMappings();
    await test.queue("dead");
    await test.queue("q", {
      VisibilityTimeout: "10",
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: queueArn("dead"),
        maxReceiveCount: 3,
      }),
    });
    test.functions.handler = () => {
      throw new Error("no");
    };
    await test.map({ sourceArn: queueArn("q") });
    await test.send("q", "poison");
    await test.pass(60_000, 1000);
    const counts = test.functions.events.map((event) =>
      attribute(event, "ApproximateReceiveCount"),
    );
    assert.deepEqual(counts, ["1", "2", "3"]);
    const dead = await test.queues.describe({ ...SCOPE, name: "dead" });
    assert.equal(dead.attributes["ApproximateNumberOfMessages"], "1");
    await test.mappings.close(0);
  });

  it("deletes those of a batch that did not fail, where the function says which did", async () => {
    const test = testMappings();
    await test.queue("q", { VisibilityTimeout: "10" });
    test.functions.handler = (event) => ({
      batchItemFailures: event.Records.filter(({ body }) => body === "bad").map(
        ({ messageId }) => ({
          itemIdentifier: messageId,
        }),
      ),
    });
    await test.map({
      sourceArn: queueArn("q"),
      responseTypes: ["ReportBatchItemFailures"],
      windowSeconds: 1,
    });
    await test.send("q", "good", "bad", "fine");
    await test.pass(1100);
    await test.pass(12_000, 1000);
    assert.deepEqual(test.functions.events.map(bodies), [["good", "bad", "fine"], ["bad"]]);
    await test.mappings.close(0);
  });

  for (const [name, response] of Object.entries({
    "an empty identifier": { batchItemFailures: [{ itemIdentifier: "" }] },
    "no identifier": { batchItemFailures: [{ itemIdentifier: null }] },
    "another member": { batchItemFailures: [{ foo: "x" }] },
    "an unknown identifier": { batchItemFailures: [{ itemIdentifier: "x" }] },
    "no list": { batchItemFailures: "x" },
  }))
    it(`takes a batch for failed whose response has ${name}`, async () => {
      const test = testMappings();
      await test.queue("q");
      test.functions.handler = () => response;
      await test.map({ sourceArn: queueArn("q"), responseTypes: ["ReportBatchItemFailures"] });
      await test.send("q", "1");
      await quiet();
      const { attributes } = await test.queues.describe({ ...SCOPE, name: "q" });
      assert.equal(attributes["ApproximateNumberOfMessagesNotVisible"], "1");
      await test.mappings.close(0);
    });

  for (const response of [null, {}, [], "", { batchItemFailures: null }, { batchItemFailures: [] }])
    it(`takes a batch for done whose response is ${JSON.stringify(response)}`, async () => {
      const test = testMappings();
      await test.queue("q");
      test.functions.handler = () => response;
      await test.map({ sourceArn: queueArn("q"), responseTypes: ["ReportBatchItemFailures"] });
      await test.send("q", "1");
      await quiet();
      const { attributes } = await test.queues.describe({ ...SCOPE, name: "q" });
      assert.equal(attributes["ApproximateNumberOfMessagesNotVisible"], "0");
      await test.mappings.close(0);
    });

  it("deletes what its filters do not let through, by the rules for JSON and for text", async () => {
    const test = testMappings();
    await test.queue("q");
    await test.map({
      sourceArn: queueArn("q"),
      filters: ['{"body":{"kind":["order"]}}', '{"body":["plain"]}'],
    });
    await test.send("q", '{"kind":"order"}', '{"kind":"other"}', "plain", "other", "[1]");
    await quiet();
    assert.deepEqual(test.functions.events.flatMap(bodies), ['{"kind":"order"}', "plain"]);
    const { attributes } = await test.queues.describe({ ...SCOPE, name: "q" });
    assert.equal(attributes["ApproximateNumberOfMessagesNotVisible"], "0");
    await test.mappings.close(0);
  });

  it("tries a throttled batch again without receiving it again, until it is visible", async () => {
    const test = testMappings();
    await test.queue("q", { VisibilityTimeout: "60" });
    let refusals = 4;
    test.functions.handler = () =>
      refusals-- > 0 ? { kind: "refused", why: "Rate Exceeded." } : null;
    await test.map({ sourceArn: queueArn("q") });
    await test.send("q", "1");
    await test.pass(10_000, 100);
    assert.equal(test.functions.events.length, 5);
    assert.equal(new Set(test.functions.events.flatMap(ids)).size, 1);
    for (const event of test.functions.events)
      assert.equal(attribute(event, "ApproximateReceiveCount"), "1");
    const { attributes } = await test.queues.describe({ ...SCOPE, name: "q" });
    assert.equal(attributes["ApproximateNumberOfMessagesNotVisible"], "0");
    await test.mappings.close(0);
  });

  it("runs five batches at first, more while all are busy, and never more than it may", async () => {
    const test = testMappings();
    await test.queue("q", { VisibilityTimeout: "900" });
    const ends: (() => void)[] = [];
    test.functions.handler = () => new Promise<void>((resolve) => ends.push(resolve));
    await test.map({ sourceArn: queueArn("q"), batchSize: 1, scaling: { maximumConcurrency: 8 } });
    for (let n = 0; n < 20; n += 1) await test.send("q", String(n));
    await quiet();
    assert.equal(test.functions.running, 5);
    await test.pass(10_000, 100);
    assert.equal(test.functions.running, 8);
    for (let done = 0; done < 20; ) {
      for (const end of ends.splice(0)) {
        end();
        done += 1;
      }
      await test.pass(500, 100);
    }
    assert.equal(test.functions.mostRunning, 8);
    await test.mappings.close(0);
  });

  it("keeps each group of a FIFO queue in order, one batch at a time", async () => {
    const test = testMappings();
    await test.queue("q.fifo", { FifoQueue: "true", VisibilityTimeout: "30" });
    const running = new Set<string>();
    const seen = new Map<string, number[]>();
    test.functions.handler = async (event) => {
      const groups = new Set(
        event.Records.map(
          ({ attributes }) => (attributes as Record<string, string>)["MessageGroupId"] ?? "",
        ),
      );
      for (const group of groups) {
        assert.ok(!running.has(group), `${group} ran twice at once`);
        running.add(group);
      }
      await new Promise((resolve) => setImmediate(resolve));
      for (const { body, attributes } of event.Records) {
        const group = (attributes as Record<string, string>)["MessageGroupId"] ?? "";
        seen.set(group, [...(seen.get(group) ?? []), Number(body)]);
      }
      for (const group of groups) running.delete(group);
    };
    await test.map({ sourceArn: queueArn("q.fifo"), batchSize: 3 });
    for (let n = 0; n < 60; n += 1)
      await test.sendOne("q.fifo", {
        body: String(n),
        group: `g${n % 4}`,
        deduplicationId: String(n),
      });
    await test.pass(3000, 100);
    assert.deepEqual(test.defects, []);
    assert.equal([...seen.values()].flat().length, 60);
    for (const numbers of seen.values())
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
    await test.mappings.close(0);
  });

  it("leaves to the queue what is one too many of a recursive loop", async () => {
    const test = testMappings();
    await test.queue("q", { VisibilityTimeout: "10" });
    const header = "Root=1-00000000-000000000000000000000000;Lineage=1:00000000:16";
    test.functions.looped = (traceId) => traceId.includes(":16");
    await test.map({ sourceArn: queueArn("q") });
    await test.sendOne("q", { body: "looped", traceHeader: header });
    await test.send("q", "other");
    await quiet();
    assert.deepEqual(test.functions.events.flatMap(bodies), ["other"]);
    const { attributes } = await test.queues.describe({ ...SCOPE, name: "q" });
    assert.equal(attributes["ApproximateNumberOfMessagesNotVisible"], "1");
    await test.mappings.close(0);
  });

  it("stops where its function is deleted: its messages are visible, and the mapping is disabled", async () => {
    const test = testMappings();
    await test.queue("q");
    const uuid = await test.map({ sourceArn: queueArn("q") });
    test.functions.exists = false;
    await test.send("q", "1");
    await quiet();
    const { mapping } = await test.mappings.get(SCOPE, uuid);
    assert.equal(mapping.state, "Disabled");
    const { attributes } = await test.queues.describe({ ...SCOPE, name: "q" });
    assert.equal(attributes["ApproximateNumberOfMessages"], "1");
  });

  it("lets what runs end when it is closed, and makes the rest visible", async () => {
    const test = testMappings();
    await test.queue("q");
    let end = () => {};
    test.functions.handler = () =>
      new Promise<void>((resolve) => {
        end = resolve;
      });
    await test.map({ sourceArn: queueArn("q"), batchSize: 1, scaling: { maximumConcurrency: 2 } });
    await test.send("q", "1");
    await quiet();
    const closed = test.mappings.close(5000);
    await test.send("q", "2");
    await quiet();
    end();
    assert.equal(await closed, 0);
    const { attributes } = await test.queues.describe({ ...SCOPE, name: "q" });
    assert.equal(attributes["ApproximateNumberOfMessages"], "1");
    assert.equal(attributes["ApproximateNumberOfMessagesNotVisible"], "0");
  });

  it("goes on after a restart, in the state that it had", async () => {
    const test = testMappings();
    await test.queue("q");
    const uuid = await test.map({ sourceArn: queueArn("q") });
    await test.queue("other");
    const off = await test.map({ sourceArn: queueArn("other"), enabled: false });
    const mappings = await test.again();
    await test.send("q", "1");
    await test.send("other", "2");
    await quiet();
    assert.deepEqual(test.functions.events.flatMap(bodies), ["1"]);
    assert.equal((await mappings.get(SCOPE, uuid)).mapping.state, "Enabled");
    assert.equal((await mappings.get(SCOPE, off)).mapping.state, "Disabled");
    await mappings.close(0);
  });
});
