/** Under random failures, throttles, reports and restarts no message is lost, none deleted that failed, no order broken. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../../../../tests/random.ts";
import { queueArn, SCOPE, type TestEvent, testMappings } from "./fixture.ts";

const MAX_RECEIVES = 4;

interface Seen {
  readonly body: string;
  readonly group: string;
  readonly receives: number;
}

const seenIn = (event: TestEvent): Seen[] =>
  event.Records.map(({ body, attributes }) => {
    const { MessageGroupId = "", ApproximateReceiveCount } = attributes as Record<string, string>;
    return { body: String(body), group: MessageGroupId, receives: Number(ApproximateReceiveCount) };
  });

for (const seed of [1, 2, 3, 4])
  for (const fifo of [false, true])
    test(`every message of a ${fifo ? "FIFO" : "standard"} queue is processed, or is a dead letter (seed ${seed})`, async () => {
      const random = seeded(seed);
      const all = testMappings();
      const suffix = fifo ? ".fifo" : "";
      const kind = fifo ? { FifoQueue: "true" } : {};
      const [name, dead] = [`q${suffix}`, `dead${suffix}`];
      await all.queue(dead, { ...kind });
      await all.queue(name, {
        ...kind,
        VisibilityTimeout: "10",
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: queueArn(dead),
          maxReceiveCount: MAX_RECEIVES,
        }),
      });
      const reports = random() < 0.5;
      const done = new Map<string, number>();
      const order = new Map<string, number[]>();
      const tries = new Map<string, Set<number>>();
      const running = new Set<string>();
      all.functions.handler = async (event) => {
        const seen = seenIn(event);
        const groups = new Set(seen.map(({ group }) => group));
        if (fifo) {
          for (const group of groups) assert.ok(!running.has(group), `${group} ran twice at once`);
          for (const group of groups) running.add(group);
        }
        for (let turns = Math.floor(random() * 3); turns > 0; turns -= 1)
          await new Promise((resolve) => setImmediate(resolve));
        for (const group of groups) running.delete(group);
        if (random() < 0.1) return { kind: "refused", why: "Rate Exceeded." };
        for (const { body, receives } of seen)
          tries.set(body, (tries.get(body) ?? new Set()).add(receives));
        // Whoever reports failures of a FIFO queue stops at the first one.
        const first = seen.findIndex(({ body }) => body.startsWith("poison"));
        const failed = first < 0 ? [] : fifo ? seen.slice(first) : seen.filter(isPoison);
        if (failed.length > 0 && !reports) throw new Error("no");
        for (const one of seen) {
          if (failed.includes(one)) continue;
          done.set(one.body, (done.get(one.body) ?? 0) + 1);
          const numbers = order.get(one.group) ?? [];
          if (!numbers.includes(numberOf(one))) order.set(one.group, [...numbers, numberOf(one)]);
        }
        const ids = failed.map((one) => event.Records[seen.indexOf(one)]?.["messageId"]);
        return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
      };
      await all.map({
        sourceArn: queueArn(name),
        batchSize: reports ? 1 + Math.floor(random() * 10) : 1,
        ...(reports ? { responseTypes: ["ReportBatchItemFailures"] } : {}),
      });
      const sent: string[] = [];
      for (let step = 0; step < 40; step += 1) {
        for (let n = Math.floor(random() * 4); n > 0; n -= 1) {
          const poison = random() < 0.1;
          const body = `${poison ? "poison" : "fine"}-${sent.length}`;
          const more = { group: `g${sent.length % 3}`, deduplicationId: body };
          sent.push(body);
          await all.sendOne(name, { body, ...(fifo ? more : {}) });
        }
        await all.pass(Math.floor(random() * 4000), 500);
        if (random() < 0.05) await all.again();
      }
      await all.pass(300_000, 1000);
      const count = async (queue: string) => {
        const { attributes } = await all.queues.describe({ ...SCOPE, name: queue });
        return ["", "NotVisible"].map((of) =>
          Number(attributes[`ApproximateNumberOfMessages${of}`]),
        );
      };
      assert.deepEqual(await count(name), [0, 0]);
      const letters = sent.filter((body) => body.startsWith("poison"));
      const [buried = 0] = await count(dead);
      // A batch that is refused until its messages are visible again is received and not tried: so others may die, too.
      const untried = sent.filter((body) => !body.startsWith("poison") && !done.has(body));
      assert.equal(buried, letters.length + untried.length);
      for (const body of letters) {
        assert.ok(!done.has(body), `${body} was taken for processed`);
        assert.ok((tries.get(body)?.size ?? 0) <= MAX_RECEIVES);
      }
      if (!reports || !fifo) assert.deepEqual(untried, []);
      for (const numbers of fifo ? order.values() : [])
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
        );
      assert.deepEqual(all.defects, []);
      await (await all.again()).close(0);
    });

const isPoison = ({ body }: Seen): boolean => body.startsWith("poison");
const numberOf = ({ body }: Seen): number => Number(body.split("-")[1]);
