/** From an event on a bus to the targets of the rules that it fits: durable for each of them when it resolves. */
import type { DeadLetterAttributes } from "../deliverer/index.ts";
import type { ArchiveLog } from "./archive-log.ts";
import type { LiveBus, LiveRule } from "./catalog.ts";
import type { BusesContext } from "./context.ts";
import type { LiveEvent } from "./event.ts";
import { messageFor } from "./target-input.ts";

/** EventBridge: 185 retries within 24 hours, unless a target says otherwise. */
const MAX_RETRIES = 185;
const MAX_AGE_SECONDS = 86_400;
const RULE = "rule";

export class Dispatch {
  readonly #context: Pick<BusesContext, "deliverer" | "metrics">;
  readonly #archives: ArchiveLog;

  constructor(context: Pick<BusesContext, "deliverer" | "metrics">, archives: ArchiveLog) {
    this.#context = context;
    this.#archives = archives;
  }

  /** To all rules that it fits, and all archives. @throws YunqueError where the storage does not take it. */
  async publish(live: LiveBus, event: LiveEvent): Promise<void> {
    const durable: Promise<void>[] = [];
    for (const key of live.matcher.match(event.value)) {
      const rule = live.rules.get(key);
      if (rule !== undefined) this.#send(live, rule, event, durable);
      const archive = key.startsWith("/") ? live.archives.get(key.slice(1)) : undefined;
      if (archive !== undefined) durable.push(this.#archives.append(live.scope, archive, event));
    }
    await all(durable);
  }

  /** To the rules that it fits, of these alone where they are given; to no archive. */
  async replay(
    live: LiveBus,
    event: LiveEvent,
    only: readonly string[] | undefined,
  ): Promise<void> {
    const durable: Promise<void>[] = [];
    for (const key of live.matcher.match(event.value)) {
      const rule = live.rules.get(key);
      if (rule !== undefined && (only === undefined || only.includes(rule.arn)))
        this.#send(live, rule, event, durable);
    }
    await all(durable);
  }

  /** To the targets of one rule, whatever its pattern. */
  async run(live: LiveBus, rule: LiveRule, event: LiveEvent): Promise<void> {
    const durable: Promise<void>[] = [];
    this.#send(live, rule, event, durable);
    await all(durable);
  }

  #send(live: LiveBus, rule: LiveRule, event: LiveEvent, durable: Promise<void>[]): void {
    const { deliverer, metrics } = this.#context;
    const dimensions = {
      Account: live.scope.account,
      Region: live.scope.region,
      RuleName: rule.rule.name,
    };
    metrics.count("TriggeredRules", dimensions);
    const bus = live.name.replaceAll("/", "~");
    for (const one of rule.targets) {
      const { id, maxRetries, maxAgeSeconds, deadLetter } = one.target;
      metrics.count("InvocationsCreated", dimensions);
      durable.push(
        deliverer.deliver(live.scope, `${bus}/${rule.rule.name}/${id}`, {
          message: messageFor(one, event, rule),
          maxAttempts: 1 + (maxRetries ?? MAX_RETRIES),
          maxAgeMs: (maxAgeSeconds ?? MAX_AGE_SECONDS) * 1000,
          deadLetter:
            deadLetter === undefined
              ? undefined
              : { target: deadLetter, body: event.bytes, labels: { [RULE]: rule.arn } },
        }),
      );
    }
  }
}

/** Waits for all of them, also where one fails. */
async function all(durable: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(durable))
    if (end.status === "rejected") throw end.reason;
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
export const deadLetterAttributes: DeadLetterAttributes = ({ message, deadLetter }, end) => {
  const text = (value: string) => ({ type: "String", value });
  return {
    RULE_ARN: text(deadLetter?.labels?.[RULE] ?? message.sender.arn),
    TARGET_ARN: text(message.target),
    ERROR_CODE: text(end.code),
    ERROR_MESSAGE: text(end.message || end.code),
    RETRY_ATTEMPTS: { type: "Number", value: String(end.retries) },
    ...(end.exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: text(end.exhausted) }),
  };
};
