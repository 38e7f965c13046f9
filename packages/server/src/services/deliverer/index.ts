/**
 * Brings messages to their targets, at least once: an attempt at once where it only costs a commit of this platform,
 * otherwise from a durable queue, again and again within its limits, and then to a dead-letter queue.
 */
import { doubling } from "../../domain/backoff.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Leased, Queues } from "../../ports/queues.ts";
import { type TargetMessage, type Targets, Undeliverable } from "../../ports/targets.ts";
import { Consumer, type Verdict } from "../consumer/index.ts";
import {
  type DeadLetterAttributes,
  type Delivery,
  type DeliveryEnd,
  type Progress,
  packDelivery,
  unpackDelivery,
} from "./delivery.ts";

export type { DeadLetterAttributes, Delivery, DeliveryEnd } from "./delivery.ts";

export interface DelivererOptions {
  readonly queues: Queues;
  readonly clock: Clock;
  /** The third segment of its queues' names, which nobody else uses. */
  readonly kind: string;
  readonly targets: Targets;
  /** How long to wait after so many failures (1 for the first). Unless said: a second, doubling up to 8 minutes. */
  readonly backoffMs?: (failures: number) => number;
  /** What an attempt sends (1 for the first); the message as it was handed over unless said. */
  readonly prepare?: (message: TargetMessage, attempt: number) => TargetMessage;
  /** What a dead letter says of why it is one; none unless said. */
  readonly deadLetterAttributes?: DeadLetterAttributes;
  /**
   * Whether an attempt only costs a commit of this platform, so that it is made before the message is kept. Unless
   * said: functions, queues and buses.
   */
  readonly isLocal?: (target: string) => boolean;
  /** Messages of one name that are under way at a time; 10 unless said. */
  readonly perName?: number;
  /** A defect, or storage that fails. */
  onFailure(error: unknown): void;
  /** A message is lost: nobody took it, and there is no dead-letter queue that did. */
  onGivenUp(delivery: Delivery, end: DeliveryEnd): void;
}

export interface Deliverer {
  /**
   * Resolves once the target has accepted the message, or it waits durably for its next attempt, or its dead letter
   * was accepted. Messages of one name are tried beside each other, and apart from those of all other names.
   * `name`: plain segments, `bus/rule/target`.
   * @throws YunqueError where the storage does not take it.
   */
  deliver(scope: Scope, name: string, delivery: Delivery): Promise<void>;
  /** Takes up what earlier lives of the platform left. */
  start(): Promise<void>;
  /** Starts nothing more, and waits for what is under way for at most so long. The rest goes on after the next start. */
  close(graceMs: number): Promise<void>;
}

const LIMITS = { running: 1_000, bytes: 256 << 20, leaseMs: 60_000 };
const PER_NAME = 10;
/** Who does not answer for so long has failed. */
const PATIENCE_MS = 60_000;
/** Dead letters are tried as EventBridge tries events: for a day. */
const LETTER_ATTEMPTS = 186;
const LETTER_AGE_MS = 24 * 3600 * 1000;
const DEAD_LETTERS = "dead-letters";
const MAX_REASON = 1_000;
const DONE: Verdict = { become: { kind: "done" } };

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { queues, clock, kind, targets, onFailure, onGivenUp } = options;
  const backoffMs = options.backoffMs ?? defaultBackoffMs;
  const isLocal = options.isLocal ?? isLocalTarget;
  const prepare = options.prepare ?? ((message: TargetMessage) => message);
  const consumer: Consumer = new Consumer({
    queues,
    clock,
    kind,
    limits: LIMITS,
    run: attempt,
    capacity: () => options.perName ?? PER_NAME,
    onFailure,
  });

  return {
    async deliver({ account, region }, name, delivery) {
      const queue = `${account}/${region}/${kind}/${name}`;
      const progress = { failures: 0, since: clock.now() };
      if (!isLocal(delivery.message.target)) return keep(queue, delivery, progress);
      try {
        await targets.deliver(prepare(delivery.message, 1));
      } catch (error) {
        const next = afterFailure(delivery, progress, error);
        if (!("end" in next)) return keep(queue, delivery, next.progress, next.delayMs);
        const letter = letterOf(delivery, next.end);
        if (letter === undefined) return;
        await this.deliver({ account, region }, `${name}/${DEAD_LETTERS}`, letter);
      }
    },
    start: () => consumer.start(),
    async close(graceMs) {
      await consumer.close(graceMs);
    },
  };

  function keep(queue: string, delivery: Delivery, progress: Progress, delayMs?: number) {
    return consumer.add(queue, {
      body: packDelivery(delivery),
      attributes: JSON.stringify(progress),
      ...(delayMs === undefined ? {} : { delayMs }),
    });
  }

  async function attempt({ queue, body, attributes }: Leased): Promise<Verdict> {
    const delivery = unpackDelivery(body);
    const progress = JSON.parse(attributes) as Progress;
    try {
      await withPatience(prepare(delivery.message, progress.failures + 1));
      return DONE;
    } catch (error) {
      const next = afterFailure(delivery, progress, error);
      if (!("end" in next)) {
        const { delayMs } = next;
        return {
          become: { kind: "again", delayMs, attributes: JSON.stringify(next.progress) },
        };
      }
      const letter = letterOf(delivery, next.end);
      if (letter === undefined) return DONE;
      const letters = `${queue}/${DEAD_LETTERS}`;
      const message = {
        body: packDelivery(letter),
        attributes: JSON.stringify({ failures: 0, since: clock.now() } satisfies Progress),
      };
      return {
        become: { kind: "done" },
        enqueue: [{ queue: letters, message }],
        settled: () => consumer.wake(letters),
      };
    }
  }

  /** A target that never answers does not keep its place for ever. */
  function withPatience(message: TargetMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = clock.after(PATIENCE_MS, () =>
        reject(new Error("The target did not answer in time.")),
      );
      targets.deliver(message).then(resolve, reject).finally(cancel);
    });
  }

  function afterFailure(
    { maxAttempts, maxAgeMs }: Delivery,
    { failures, since }: Progress,
    error: unknown,
  ): { readonly progress: Progress; readonly delayMs: number } | { readonly end: DeliveryEnd } {
    const code = codeOf(error);
    const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON);
    const retries = failures;
    if (error instanceof Undeliverable) return { end: { code, message, retries } };
    const delayMs = backoffMs(failures + 1);
    if (failures + 1 >= maxAttempts)
      return { end: { code, message, retries, exhausted: "MaximumRetryAttempts" } };
    if (clock.now() + delayMs > since + maxAgeMs)
      return { end: { code, message, retries, exhausted: "MaximumEventAgeInSeconds" } };
    return { progress: { failures: failures + 1, since }, delayMs };
  }

  /** The dead letter of a delivery that is over; undefined, and told of, where it has none. */
  function letterOf(delivery: Delivery, end: DeliveryEnd): Delivery | undefined {
    const { deadLetter, message } = delivery;
    if (deadLetter === undefined) {
      onGivenUp(delivery, end);
      return undefined;
    }
    return {
      message: {
        target: deadLetter.target,
        body: deadLetter.body ?? message.body,
        sender: message.sender,
        traceId: message.traceId,
        attributes: options.deadLetterAttributes?.(delivery, end),
        groupId: message.groupId,
      },
      maxAttempts: LETTER_ATTEMPTS,
      maxAgeMs: LETTER_AGE_MS,
    };
  }
}

const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 8 * 60_000;

/** With these, 185 retries take a day, which is what EventBridge gives an event. */
const defaultBackoffMs = (failures: number): number =>
  doubling(FIRST_BACKOFF_MS, failures - 1, LONGEST_BACKOFF_MS);

/** The third and sixth parts of ARNs: an API destination is the service's, too. */
const isLocalTarget = (arn: string): boolean => {
  const [, , service, , , resource] = arn.split(":");
  return (
    service === "lambda" ||
    service === "sqs" ||
    (service === "events" && resource?.startsWith("event-bus/") === true)
  );
};

/** AWS's code of an error, or that of something unforeseen. */
function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : "INTERNAL_ERROR";
}
