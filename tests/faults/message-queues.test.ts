/**
 * Power cuts while messages are sent, received and deleted: nothing that was acknowledged is lost, what was deleted stays
 * away, groups keep their order, nothing is sent twice, and who is received too often ends in the dead-letter queue.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { seeded } from "../random.ts";

const ROUNDS = Number(process.env["FAULT_ROUNDS"] ?? 6);
const GROUPS = ["a", "b", "c"];
const MAX_RECEIVES = 2;
const POISON = "poison";

test(`${ROUNDS} rounds of kill -9 while messages are sent, received and deleted`, {
  timeout: 60_000 + ROUNDS * 20_000,
}, async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), "yunque-messages-"));
  context.after(() => rm(dataDir, { recursive: true, force: true }));
  const world = new World();
  const random = seeded(2026);
  for (let round = 0; round < ROUNDS; round++) {
    const platform = await startPlatform({ dataDir });
    context.after(() => platform.kill());
    const enough = world.acknowledged + 60 + Math.floor(random() * 200);
    await using life = new Life(platform, world, round);
    await life.create();
    const work = life.work();
    while (world.acknowledged < enough && life.alive)
      await new Promise((resolve) => setTimeout(resolve, 2));
    await platform.kill();
    life.alive = false;
    await work;
  }
  const platform = await startPlatform({ dataDir });
  await using life = new Life(platform, world, ROUNDS);
  await life.drain();
  world.check();
  context.diagnostic(
    `${world.sent.size} messages acknowledged, ${world.deleted.size} deletions acknowledged, ${world.dead.size} dead letters`,
  );
  await platform.stop();
});

/** What the clients know, over all lives of the platform. */
class World {
  /** By their texts. */
  readonly sent = new Set<string>();
  readonly received = new Set<string>();
  readonly deleting = new Set<string>();
  readonly deleted = new Set<string>();
  readonly dead = new Map<string, number>();
  readonly poisoned = new Map<string, number>();
  /** Ids of each message of the FIFO queue: there is one. */
  readonly ids = new Map<string, Set<string>>();
  /** The number of each group that is to be sent next, and was perhaps sent. */
  readonly next = new Map(GROUPS.map((group) => [group, 0]));
  acknowledged = 0;

  /** One receive of the FIFO queue. */
  seeGroups(messages: readonly Message[]): void {
    const batch = messages.map(({ Body = "" }) => Body);
    for (const { Body = "", MessageId = "" } of messages) {
      this.see(Body);
      this.ids.set(Body, (this.ids.get(Body) ?? new Set()).add(MessageId));
      const [group = "", n = ""] = Body.split(" ");
      for (let before = 0; before < Number(n); before++) {
        const text = `${group} ${before}`;
        const at = batch.indexOf(text);
        const came = this.deleting.has(text) || (at >= 0 && at < batch.indexOf(Body));
        assert.ok(came, `${Body} came before ${text}`);
      }
    }
  }

  see(text: string): void {
    assert.ok(!this.deleted.has(text), `${text} was deleted and is back`);
    this.received.add(text);
  }

  check(): void {
    for (const text of this.sent)
      assert.ok(this.received.has(text) || this.dead.has(text), `${text} is lost`);
    for (const [text, ids] of this.ids) assert.equal(ids.size, 1, `${text} was sent twice`);
    for (const [text, times] of this.poisoned)
      assert.ok(times <= MAX_RECEIVES, `${text} was received ${times} times`);
    for (const [text, times] of this.dead) {
      assert.equal(times, 1, `${text} is a dead letter ${times} times`);
    }
    for (const text of this.sent)
      if (text.startsWith(POISON)) assert.ok(this.dead.has(text), `${text} is no dead letter`);
    assert.ok(this.sent.size > ROUNDS * 20 && this.dead.size > 0 && this.deleted.size > 0);
  }
}

/** The clients during one life of the platform. */
class Life implements AsyncDisposable {
  readonly #client: SQSClient;
  readonly #world: World;
  readonly #round: number;
  readonly #origin: string;
  alive = true;

  constructor(platform: TestPlatform, world: World, round: number) {
    this.#client = new SQSClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    this.#world = world;
    this.#round = round;
    this.#origin = platform.origin;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  async create(): Promise<void> {
    const create = (QueueName: string, Attributes: Record<string, string>) =>
      this.#client.send(new CreateQueueCommand({ QueueName, Attributes }));
    await create("dead", {});
    const deadLetterTargetArn = "arn:aws:sqs:us-east-1:000000000000:dead";
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVES });
    await create("plain", {});
    await create("poisoned", { RedrivePolicy, VisibilityTimeout: "0" });
    await create("groups.fifo", { FifoQueue: "true" });
  }

  /** Until the platform is killed. */
  async work(): Promise<void> {
    await Promise.all([
      this.#repeat((n) => this.#sendPlain(n)),
      this.#repeat((n) => this.#sendPoison(n)),
      ...GROUPS.map((group) => this.#repeat(() => this.#sendGroup(group))),
      this.#repeat(() => this.#consumePlain()),
      this.#repeat(() => this.#consumePlain()),
      this.#repeat(() => this.#receivePoison()),
      this.#repeat(() => this.#consumeGroups()),
      this.#repeat(() => this.#consumeGroups()),
    ]);
  }

  /** Takes all that is left. */
  async drain(): Promise<void> {
    while ((await this.#consumePlain()) > 0);
    while ((await this.#consumeGroups()) > 0);
    while ((await this.#left("poisoned")) > 0) await this.#receivePoison();
    for (;;) {
      const messages = await this.#receive("dead");
      for (const { Body = "" } of messages)
        this.#world.dead.set(Body, (this.#world.dead.get(Body) ?? 0) + 1);
      if (messages.length === 0) return;
      await this.#delete("dead", messages);
    }
  }

  async #repeat(step: (n: number) => Promise<unknown>): Promise<void> {
    for (let n = 0; this.alive; n++)
      try {
        await step(n);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        this.alive = false;
      }
  }

  async #sendPlain(n: number): Promise<void> {
    await this.#sendBatch("plain", `plain ${this.#round} ${n}`);
  }

  async #sendPoison(n: number): Promise<void> {
    await this.#sendBatch("poisoned", `${POISON} ${this.#round} ${n}`);
  }

  async #sendBatch(queue: string, name: string): Promise<void> {
    const Entries = [0, 1, 2].map((n) => ({ Id: `${n}`, MessageBody: `${name} ${n}` }));
    const { Successful = [] } = await this.#client.send(
      new SendMessageBatchCommand({ QueueUrl: this.#url(queue), Entries }),
    );
    for (const { Id } of Successful) {
      this.#world.sent.add(`${name} ${Id}`);
      this.#world.acknowledged++;
    }
  }

  /** The next of its group; the same again where nobody knows whether it was sent. */
  async #sendGroup(group: string): Promise<void> {
    const n = this.#world.next.get(group) ?? 0;
    const MessageBody = `${group} ${n}`;
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#url("groups.fifo"),
        MessageBody,
        MessageGroupId: group,
        MessageDeduplicationId: MessageBody.replace(" ", "-"),
      }),
    );
    this.#world.next.set(group, n + 1);
    this.#world.sent.add(MessageBody);
    this.#world.acknowledged++;
  }

  async #consumePlain(): Promise<number> {
    const messages = await this.#receive("plain");
    for (const { Body = "" } of messages) this.#world.see(Body);
    await this.#delete("plain", messages);
    return messages.length;
  }

  async #consumeGroups(): Promise<number> {
    const messages = await this.#receive("groups.fifo");
    this.#world.seeGroups(messages);
    await this.#delete("groups.fifo", messages);
    return messages.length;
  }

  async #receivePoison(): Promise<void> {
    const { poisoned } = this.#world;
    for (const { Body = "", Attributes = {} } of await this.#receive("poisoned")) {
      poisoned.set(Body, (poisoned.get(Body) ?? 0) + 1);
      assert.ok(Number(Attributes["ApproximateReceiveCount"]) <= MAX_RECEIVES);
    }
  }

  async #receive(queue: string): Promise<Message[]> {
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#url(queue),
        MaxNumberOfMessages: 10,
        AttributeNames: ["All"],
      }),
    );
    return Messages;
  }

  async #delete(queue: string, messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    const { deleting, deleted } = this.#world;
    for (const { Body = "" } of messages) deleting.add(Body);
    const Entries = messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle }));
    const { Successful = [] } = await this.#client.send(
      new DeleteMessageBatchCommand({ QueueUrl: this.#url(queue), Entries }),
    );
    for (const { Id } of Successful) deleted.add(messages[Number(Id)]?.Body ?? "");
  }

  async #left(queue: string): Promise<number> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({ QueueUrl: this.#url(queue), AttributeNames: ["All"] }),
    );
    return Number(Attributes["ApproximateNumberOfMessages"]);
  }

  #url(queue: string): string {
    return `${this.#origin}/000000000000/${queue}`;
  }
}
