/** The topics service on the memory engine, with targets, web servers and a mail server that answer what a test says. */
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { Mail } from "../../ports/mailer.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import type { WebRequest } from "../../ports/web.ts";
import { idle, ManualClock } from "../functions/fixture.ts";
import type { Caller, Lost } from "./context.ts";
import { createTopics, type Topics } from "./index.ts";

export const CALLER: Caller = {
  account: "000000000000",
  region: "us-east-1",
  accessKeyId: "test",
};

export const queueArn = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;

type Engine = Pick<ReturnType<typeof createMemoryEngine>, "records" | "queues">;

export class TopicsFixture {
  readonly clock = new ManualClock();
  readonly engine: Engine;
  readonly delivered: (Omit<TargetMessage, "body"> & { readonly body: string })[] = [];
  readonly posted: WebRequest[] = [];
  readonly mailed: Mail[] = [];
  readonly lost: Lost[] = [];
  readonly failures: unknown[] = [];
  readonly counts = new Map<string, number>();
  /** What targets, web servers and the mail server do. */
  target: (message: TargetMessage) => Promise<void> = async () => {};
  web: (request: WebRequest) => Promise<number> = async () => 200;
  mail: (mail: Mail) => Promise<void> = async () => {};
  readonly service: Topics;

  constructor(engine: Engine = createMemoryEngine()) {
    this.engine = engine;
    this.service = createTopics({
      ...engine,
      clock: this.clock,
      targets: {
        deliver: async (message) => {
          await this.target(message);
          this.delivered.push({ ...message, body: Buffer.from(message.body).toString("utf8") });
        },
        exists: async () => true,
      },
      web: {
        send: async (request) => {
          this.posted.push(request);
          return { status: await this.web(request), headers: {}, body: new Uint8Array() };
        },
        close() {},
      },
      mailer: {
        send: async (mail) => {
          await this.mail(mail);
          this.mailed.push(mail);
        },
        close() {},
      },
      metrics: {
        count: (name, _, value = 1) => {
          this.counts.set(name, (this.counts.get(name) ?? 0) + value);
        },
        observe() {},
      },
      origin: () => "https://yunque.example",
      onFailure: (error) => this.failures.push(error),
      onGivenUp: (lost) => this.lost.push(lost),
    });
  }

  topic(name = "t", attributes: Record<string, string> = {}): Promise<string> {
    return this.service.topics.create(CALLER, { name, attributes, tags: [] });
  }

  fifo(attributes: Record<string, string> = {}): Promise<string> {
    const fifo = { FifoTopic: "true", ContentBasedDeduplication: "true", ...attributes };
    return this.topic("t.fifo", fifo);
  }

  /** The ARN of a subscription that is confirmed, by its message where it has to be. */
  async subscribe(
    topicArn: string,
    protocol: string,
    endpoint: string,
    attributes: Record<string, string> = {},
  ): Promise<string> {
    const { subscriptions } = this.service;
    const made = await subscriptions.subscribe(CALLER, {
      topicArn,
      protocol,
      endpoint,
      attributes,
    });
    if (made.state === "pending") {
      await this.settle();
      const unsigned = { ...CALLER, accessKeyId: undefined };
      await subscriptions.confirm(unsigned, topicArn, made.token ?? "", false);
      this.posted.length = 0;
      this.mailed.length = 0;
    }
    return made.arn;
  }

  publish(topicArn: string, text: string, more: object = {}) {
    return this.service.publish(CALLER, { topicArn, text, attributes: {}, ...more });
  }

  /** What is due now is done, and what it waits for, threads included. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 8; turn += 1) {
      this.clock.advance(0);
      await idle();
    }
  }

  /** Waits until a condition holds: signatures are made by threads, outside of any clock. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await idle();
  }
}
