/**
 * Messages on their way to subscribers: handed over at once where that is one local commit, and otherwise from a durable
 * queue of their subscription, tried again by its policy, and at last given to its dead-letter queue.
 */

import type { Scope } from "../../domain/scope.ts";
import {
  HTTP_POLICY,
  MAIL_POLICY,
  MANAGED_POLICY,
  retryDelay,
} from "../../domain/topic-delivery-policy.ts";
import { type ControlMessage, control, textToSign } from "../../domain/topic-message.ts";
import type { Leased, Outcome } from "../../ports/queues.ts";
import { Consumer, type Verdict } from "../consumer/index.ts";
import type { TopicsDependencies } from "./context.ts";
import { httpDelivery } from "./delivery-policy.ts";
import { askingMail, attempt, httpHeaders, isFinal, type Job, type TargetJob } from "./job.ts";
import type { Subscription, Topic } from "./model.ts";
import { Pace } from "./pace.ts";
import type { Signer } from "./signer.ts";
import { DELIVERIES, deliveriesQueue } from "./spaces.ts";

/** An attempt that took so long and failed: others of its subscription wait for one that shows that it works again. */
const SLOW_MS = 1_000;
const LIMITS = { running: 1024, bytes: 64 << 20, leaseMs: 60_000 };
/** Messages of one subscription at a time. */
const PER_SUBSCRIPTION = 10;
const MAX_REASON = 300;
/** Where too many wait for the pace of their subscriptions. */
const PACED_MS = 1_000;

/** Beside a message in its queue. What ends with a crash is no failure. */
interface Progress {
  readonly failures: number;
}

export class Deliveries {
  readonly #context: TopicsDependencies;
  readonly #signer: Signer;
  readonly #consumer: Consumer;
  readonly #pace: Pace;
  /** How many messages wait or run, by queue: later ones of a FIFO topic go behind them. */
  readonly #backlog = new Map<string, number>();
  /** What earlier lives left is counted before anything is added. */
  #counted: Promise<void> | undefined;

  constructor(context: TopicsDependencies, signer: Signer) {
    this.#context = context;
    this.#signer = signer;
    this.#pace = new Pace(context.clock);
    this.#consumer = new Consumer({
      queues: context.queues,
      clock: context.clock,
      kind: DELIVERIES,
      limits: LIMITS,
      run: (message) => this.#run(message),
      capacity: (queue) => (this.#pace.isSlow(queue) ? 1 : PER_SUBSCRIPTION),
      onFailure: context.onFailure,
    });
  }

  /** Takes up what earlier lives of the platform left. */
  async start(): Promise<void> {
    await this.#countBacklog();
    await this.#consumer.start();
  }

  async close(graceMs: number): Promise<void> {
    this.#pace.close();
    await this.#consumer.close(graceMs);
  }

  /**
   * Hands a message to a queue or a function, or keeps it for later. Resolves once one of them is durable.
   * `group`: in this order, behind what waits of it.
   */
  async hand(
    scope: Scope,
    id: string,
    job: Job & { readonly to: TargetJob },
    group?: string,
  ): Promise<void> {
    const queue = deliveriesQueue(scope, id);
    if (group !== undefined) {
      await this.#countBacklog();
      if ((this.#backlog.get(queue) ?? 0) > 0) return this.#add(queue, job, group);
    }
    try {
      await attempt(this.#context, job.to);
      this.#delivered(job, true);
    } catch (error) {
      if (isFinal(error)) await this.#failed(queue, job, error, group);
      else await this.#add(queue, job, group, 1);
    }
  }

  /** Keeps a message for a web server or a mailbox, and sends it. Resolves once it is durable. */
  async send(scope: Scope, id: string, job: Job): Promise<void> {
    await this.#add(deliveriesQueue(scope, id), job);
  }

  /** Forgets what waits for a subscriber. */
  async drop(scope: Scope, id: string): Promise<void> {
    const queue = deliveriesQueue(scope, id);
    await this.#context.queues.purge(queue);
    this.#backlog.delete(queue);
  }

  /** Asks a subscriber whether it wants to be one, or no more. */
  async ask(
    scope: Scope,
    topic: Topic,
    subscription: Subscription,
    message: ControlMessage,
  ): Promise<void> {
    const { protocol, endpoint, arn, id } = subscription;
    const version = topic.attributes["SignatureVersion"] === "2" ? "2" : "1";
    const text = control(message, await this.#signer.sign(textToSign(message), version));
    const { retry } = httpDelivery(topic.attributes["DeliveryPolicy"], undefined);
    if (protocol === "http" || protocol === "https") {
      const headers = {
        ...httpHeaders(topic.arn, message.id, message.type),
        "Content-Type": "text/plain; charset=UTF-8",
      };
      const to = { kind: "http", url: endpoint, headers, text } as const;
      await this.send(scope, id, { subscriptionArn: arn, to, retry: retry ?? HTTP_POLICY });
      return;
    }
    const to = {
      kind: "mail",
      to: endpoint,
      ...askingMail(topic, message, protocol, text),
    } as const;
    await this.send(scope, id, { subscriptionArn: arn, to, retry: MAIL_POLICY });
  }

  async #add(queue: string, job: Job, group?: string, failures = 0): Promise<void> {
    await this.#countBacklog();
    const body = Buffer.from(JSON.stringify(job));
    const delayMs = failures === 0 ? 0 : (retryDelay(job.retry, failures) ?? 0);
    const progress: Progress = { failures };
    this.#count(queue, 1);
    try {
      await this.#consumer.add(queue, {
        body,
        attributes: JSON.stringify(progress),
        ...(group === undefined ? {} : { group }),
        ...(delayMs === 0 ? {} : { delayMs }),
      });
    } catch (error) {
      this.#count(queue, -1);
      throw error;
    }
  }

  async #run({ queue, body, attributes, group }: Leased): Promise<Verdict> {
    const { clock } = this.#context;
    const job = JSON.parse(Buffer.from(body).toString("utf8")) as Job;
    if (job.to.kind === "http" && job.to.perSecond !== undefined) {
      const turn = await this.#pace.turn(queue, job.to.perSecond);
      if (turn === "stop") return undefined;
      if (turn === "later") return { become: { kind: "again", delayMs: PACED_MS } };
    }
    const begun = clock.monotonic();
    const settled = () => this.#count(queue, -1);
    try {
      await attempt(this.#context, job.to);
      this.#delivered(job, true);
      return { become: { kind: "done" }, settled };
    } catch (error) {
      const { failures } = JSON.parse(attributes) as Progress;
      const delayMs = isFinal(error) ? undefined : retryDelay(job.retry, failures + 1);
      if (delayMs === undefined) {
        const letter = this.#givenUp(queue, job, error, group);
        const wake = () => {
          settled();
          this.#consumer.wake(queue);
        };
        return { become: { kind: "done" }, settled: wake, ...letter };
      }
      const pause = clock.monotonic() - begun >= SLOW_MS;
      const progress: Progress = { failures: failures + 1 };
      const become = { kind: "again", delayMs, attributes: JSON.stringify(progress) } as const;
      return { become, pause };
    }
  }

  /** A message that was not durable yet is over. */
  async #failed(queue: string, job: Job, error: unknown, group: string | undefined): Promise<void> {
    const { enqueue } = this.#givenUp(queue, job, error, group);
    for (const { message } of enqueue ?? []) {
      const letter = JSON.parse(Buffer.from(message.body).toString("utf8")) as Job & {
        to: TargetJob;
      };
      try {
        await attempt(this.#context, letter.to);
        this.#count(queue, -1);
      } catch (failure) {
        this.#count(queue, -1);
        if (isFinal(failure)) this.#lost(letter, failure);
        else await this.#add(queue, letter, group, 1);
      }
    }
  }

  /** What is added to the queue in the commit that ends a message which could not be delivered. */
  #givenUp(
    queue: string,
    job: Job,
    error: unknown,
    group: string | undefined,
  ): { readonly enqueue?: NonNullable<Outcome["enqueue"]> } {
    this.#delivered(job, false);
    if (job.deadLetter === undefined) {
      this.#lost(job, error);
      return {};
    }
    const letter: Job = {
      subscriptionArn: job.subscriptionArn,
      to: job.deadLetter,
      retry: MANAGED_POLICY,
    };
    this.#count(queue, 1);
    const message = {
      body: Buffer.from(JSON.stringify(letter)),
      attributes: JSON.stringify({ failures: 0 } satisfies Progress),
      ...(group === undefined ? {} : { group }),
    };
    return { enqueue: [{ queue, message }] };
  }

  #lost({ subscriptionArn }: Job, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#context.onGivenUp({ subscriptionArn, why: why.slice(0, MAX_REASON) });
  }

  #delivered({ subscriptionArn, deadLetter }: Job, well: boolean): void {
    const TopicName = subscriptionArn.split(":")[5] ?? "";
    const { metrics } = this.#context;
    metrics.count(well ? "NumberOfNotificationsDelivered" : "NumberOfNotificationsFailed", {
      TopicName,
    });
    if (!well && deadLetter !== undefined)
      metrics.count("NumberOfNotificationsRedrivenToDlq", { TopicName });
  }

  async #countBacklog(): Promise<void> {
    this.#counted ??= this.#countAll().catch((error: unknown) => {
      this.#counted = undefined;
      throw error;
    });
    await this.#counted;
  }

  async #countAll(): Promise<void> {
    const { queues, clock } = this.#context;
    for (const queue of await queues.names("")) {
      if (queue.split("/")[2] !== DELIVERIES) continue;
      const { visible, delayed, leased } = await queues.depth(queue, clock.now());
      this.#backlog.set(queue, visible + delayed + leased);
    }
  }

  #count(queue: string, change: number): void {
    const count = (this.#backlog.get(queue) ?? 0) + change;
    if (count > 0) this.#backlog.set(queue, count);
    else this.#backlog.delete(queue);
  }
}
