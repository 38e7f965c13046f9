/** Pipes by the clock, from real queues and streams in memory. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compilePattern } from "../../domain/event-pattern.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { createEventSources } from "../../links/event-sources.ts";
import { queueSource } from "../../links/queues.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import { ManualClock } from "../functions/fixture.ts";
import { quiet, SCOPE, STREAM, TestFunction, TestStreams } from "../mappings/fixture.ts";
import { createPollers } from "../pollers/index.ts";
import { createMessageQueues } from "../queues/index.ts";
import { createPipes, type NewPipe } from "./index.ts";

const QUEUE = "arn:aws:sqs:us-east-1:000000000000:q";
const TOPIC = "arn:aws:sns:us-east-1:000000000000:t";
const BUS = "arn:aws:events:us-east-1:000000000000:event-bus/b";
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f";

async function testPipes(): Promise<Tested> {
  const engine = createMemoryEngine();
  const { records } = engine;
  const clock = new ManualClock();
  const functions = new TestFunction();
  const streams = new TestStreams(clock);
  const told: TargetMessage[] = [];
  const defects: unknown[] = [];
  const onDefect = (error: unknown) => defects.push(error);
  const queues = createMessageQueues({ records, queues: engine.queues, clock, onDefect });
  const sources = createEventSources({
    queues: { sqs: () => queueSource(queues) },
    streams: { kinesis: () => streams },
  });
  const open = () =>
    createPipes({
      records,
      clock,
      ...sources,
      pollers: createPollers({ clock, ...sources }),
      functions,
      targets: {
        exists: async (arn) => !arn.endsWith("missing"),
        deliver: async (message) => {
          if (test.refuse(message)) throw new Error("not now");
          told.push(message);
        },
      },
      compilePattern,
      onDefect,
      onUndelivered: (_, why) => defects.push(why),
    });
  const pipes = open();
  await queues.create(
    { ...SCOPE, name: "q" },
    { attributes: { VisibilityTimeout: "10" }, tags: {} },
  );
  const test: Tested = {
    refuse: () => false,
    pipes,
    functions,
    streams,
    told,
    defects,
    open,
    async pass(ms: number, step = ms) {
      for (let passed = 0; passed < ms; passed += step) {
        clock.advance(step);
        await quiet();
      }
    },
    async send(...bodies: string[]) {
      for (const body of bodies)
        await queues.send({ ...SCOPE, name: "q" }, [{ body }], { senderId: "test" });
      await quiet();
    },
    async pipe(input: Partial<NewPipe> = {}) {
      await pipes.create(SCOPE, {
        name: "p",
        roleArn: "arn:aws:iam::000000000000:role/r",
        source: { arn: QUEUE },
        target: { arn: TOPIC },
        tags: [],
        ...input,
      });
      await test.settle();
    },
    async settle() {
      clock.advance(100);
      await quiet();
    },
    async counts(): Promise<string> {
      const { attributes } = await queues.describe({ ...SCOPE, name: "q" });
      const { ApproximateNumberOfMessages: here, ApproximateNumberOfMessagesNotVisible: hidden } =
        attributes;
      return `${here}+${hidden}`;
    },
    bodies: () => told.map(({ body }) => Buffer.from(body).toString()),
  };
  return test;
}

interface Tested {
  refuse: (message: TargetMessage) => boolean;
  readonly pipes: ReturnType<typeof createPipes>;
  readonly functions: TestFunction;
  readonly streams: TestStreams;
  readonly told: TargetMessage[];
  readonly defects: unknown[];
  open(): ReturnType<typeof createPipes>;
  pass(ms: number, step?: number): Promise<void>;
  send(...bodies: string[]): Promise<void>;
  pipe(input?: Partial<NewPipe>): Promise<void>;
  settle(): Promise<void>;
  counts(): Promise<string>;
  bodies(): string[];
}

describe("pipes", () => {
  it("tells a target each message, filtered and transformed", async () => {
    const test = await testPipes();
    await test.pipe({
      source: { arn: QUEUE, filters: ['{"body":{"kind":["order"]}}'] },
      target: { arn: TOPIC, template: '{"id": <$.body.id>, "pipe": "<aws.pipes.pipe-name>"}' },
    });
    await test.send('{"kind":"order","id":1}', '{"kind":"other","id":2}');
    assert.deepEqual(test.bodies(), ['{"id": 1, "pipe": "p"}']);
    assert.equal(await test.counts(), "0+0");
    assert.deepEqual(test.defects, []);
    await test.pipes.close(0);
  });

  it("tells the message as it is where there is no template", async () => {
    const test = await testPipes();
    await test.pipe();
    await test.send("hello");
    const record = JSON.parse(test.bodies()[0] ?? "{}") as Record<string, unknown>;
    assert.equal(record["body"], "hello");
    assert.equal(record["eventSource"], "aws:sqs");
    await test.pipes.close(0);
  });

  it("invokes a function with a list, and keeps what it says has failed", async () => {
    const test = await testPipes();
    let bad = true;
    test.functions.handler = (event) => {
      const [record] = event as unknown as { messageId: string; body: string }[];
      return record?.body === "bad" && bad
        ? { batchItemFailures: [{ itemIdentifier: record.messageId }] }
        : null;
    };
    await test.pipe({ target: { arn: FUNCTION } });
    await test.send("good");
    await test.send("bad");
    assert.equal(await test.counts(), "0+1");
    bad = false;
    await test.pass(11_000, 1000);
    assert.equal(await test.counts(), "0+0");
    assert.ok(Array.isArray(test.functions.events[0]));
    await test.pipes.close(0);
  });

  it("goes on with what the enrichment answers, and ends where that is empty", async () => {
    const test = await testPipes();
    test.functions.handler = (event) => {
      const [text] = event as unknown as string[];
      return text === "none" ? [] : [{ made: text }, { and: "more" }];
    };
    await test.pipe({
      enrichment: { arn: FUNCTION, template: "<$.body>" },
      target: { arn: TOPIC },
    });
    await test.send("one");
    await test.send("none");
    assert.deepEqual(test.bodies(), ['{"made":"one"}', '{"and":"more"}']);
    assert.equal(await test.counts(), "0+0");
    await test.pipes.close(0);
  });

  it("leaves what fails in the queue", async () => {
    const test = await testPipes();
    test.refuse = ({ body }) => Buffer.from(body).toString() === "bad" && test.told.length < 2;
    await test.pipe({ target: { arn: TOPIC, template: "<$.body>" } });
    await test.send("bad", "good", "better");
    assert.equal(await test.counts(), "0+1");
    await test.pass(11_000, 1000);
    assert.deepEqual(test.bodies(), ["good", "better", "bad"]);
    await test.pipes.close(0);
  });

  it("gives a bus its envelope", async () => {
    const test = await testPipes();
    await test.pipe({
      target: { arn: BUS, bus: { detailType: "$.body.type", resources: [QUEUE] } },
    });
    await test.send('{"type":"made"}');
    assert.deepEqual(test.told[0]?.event, {
      source: "Pipe p",
      detailType: "made",
      resources: [QUEUE],
    });
    await test.pipes.close(0);
  });

  it("calls an API destination for each message, with what is said of the request", async () => {
    const test = await testPipes();
    const target = "arn:aws:events:us-east-1:000000000000:api-destination/d/1";
    const http = {
      path: ["$.body.id"],
      headers: { "x-kind": "order" },
      query: { id: "$.messageId" },
    };
    await test.pipe({ target: { arn: target, template: "<$.body>", http } });
    await test.send('{"id":"7"}');
    const [told] = test.told;
    assert.equal(told?.event, undefined);
    assert.deepEqual(told?.http?.path, ["7"]);
    assert.deepEqual(told?.http?.headers, { "x-kind": "order" });
    assert.match(told?.http?.query["id"] ?? "", /^[0-9a-f-]{36}$/);
    await test.pipes.close(0);
  });

  it("reads a stream in order, halves what fails, and tells its dead-letter queue", async () => {
    const test = await testPipes();
    test.streams.shard("s-0");
    for (const word of ["1", "2", "bad", "4"]) test.streams.put("s-0", "k", word);
    test.refuse = ({ body }) =>
      Buffer.from(body).toString().includes(Buffer.from("bad").toString("base64"));
    await test.pipe({
      source: {
        arn: STREAM,
        stream: { position: "TRIM_HORIZON", retries: 1, bisect: true, deadLetter: QUEUE },
      },
    });
    await test.pass(20_000, 100);
    const words = test.told
      .filter(({ target }) => target === TOPIC)
      .map(({ body }) => {
        const { data } = JSON.parse(Buffer.from(body).toString()) as { data: string };
        return Buffer.from(data, "base64").toString();
      });
    assert.deepEqual(words, ["1", "2", "4"]);
    const letters = test.told.filter(({ target }) => target === QUEUE);
    const [letter] = letters.map(({ body }) => JSON.parse(Buffer.from(body).toString()));
    assert.equal(letters.length, 1);
    assert.deepEqual(letter.context, {
      partnerResourceArn: "arn:aws:pipes:us-east-1:000000000000:pipe/p",
      condition: "RetryAttemptsExhausted",
    });
    assert.equal(letter.KinesisBatchInfo.startSequenceNumber, "3");
    await test.pipes.close(0);
  });

  it("is stopped, started, changed and deleted", async () => {
    const test = await testPipes();
    await test.pipe({ target: { arn: TOPIC, template: "<$.body>" } });
    assert.equal((await test.pipes.stopPipe(SCOPE, "p")).pipe.state, "STOPPING");
    await assert.rejects(test.pipes.startPipe(SCOPE, "p"), { code: "PipeConflict" });
    await test.settle();
    assert.equal((await test.pipes.describe(SCOPE, "p")).pipe.state, "STOPPED");
    await test.send("1");
    assert.deepEqual(test.bodies(), []);
    await test.pipes.startPipe(SCOPE, "p");
    await test.settle();
    assert.deepEqual(test.bodies(), ["1"]);
    await test.pipes.update(SCOPE, "p", { roleArn: "r", target: { template: '"<$.body>!"' } });
    await test.settle();
    await test.send("2");
    assert.deepEqual(test.bodies(), ["1", "2!"]);
    await test.pipes.delete(SCOPE, "p");
    await test.settle();
    await assert.rejects(test.pipes.describe(SCOPE, "p"), { code: "PipeNotFound" });
  });

  it("says why it cannot run", async () => {
    const test = await testPipes();
    await test.pipe({ target: { arn: `${TOPIC}-missing` } });
    const { pipe } = await test.pipes.describe(SCOPE, "p");
    assert.equal(pipe.state, "CREATE_FAILED");
    assert.match(pipe.reason ?? "", /does not exist/);
    await test.pipes.close(0);
  });

  it("goes on after a restart", async () => {
    const test = await testPipes();
    await test.pipe({ target: { arn: TOPIC, template: "<$.body>" } });
    await test.pipes.close(0);
    await test.send("1");
    const again = test.open();
    await again.start();
    await quiet();
    assert.deepEqual(test.bodies(), ["1"]);
    await again.close(0);
  });

  for (const [why, input] of [
    ["sources that there are not", { source: { arn: TOPIC } }],
    ["targets that there are not", { target: { arn: "arn:aws:s3:::b" } }],
    [
      "batches that the target does not take",
      { source: { arn: QUEUE, batchSize: 11, windowSeconds: 1 } },
    ],
    ["streams without a position", { source: { arn: STREAM } }],
    ["filters that are no patterns", { source: { arn: QUEUE, filters: ["{"] } }],
    ["templates with unknown variables", { target: { arn: TOPIC, template: "<aws.pipes.x>" } }],
  ] as const)
    it(`refuses ${why}`, async () => {
      const test = await testPipes();
      await assert.rejects(test.pipe(input as Partial<NewPipe>), { code: "InvalidPipe" });
    });
});
