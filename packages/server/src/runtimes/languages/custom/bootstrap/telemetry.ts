/**
 * What extensions that subscribed are told of the instance.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
 */

import { Subscriber } from "./telemetry-subscriber.ts";
import type { Subscription } from "./telemetry-subscription.ts";

/** What one may subscribe to. */
export type Category = "platform" | "function" | "extension";

/** One event, before it is written for a subscriber's version of the schema. */
export interface TelemetryEvent {
  readonly time: string;
  /** For example platform.start, or function. */
  readonly type: string;
  readonly record: unknown;
}

/** What happened before anybody could subscribe is kept for those who do during the init. */
const EARLY_EVENTS = 1_000;
const EARLY_BYTES = 256 * 1024;

/** Everybody who subscribed. */
export class Telemetry {
  readonly #subscribers = new Map<string, Subscriber>();
  #early: { readonly category: Category; readonly event: TelemetryEvent }[] | undefined = [];
  #earlyBytes = 0;

  /** Something happened. */
  emit(category: Category, type: string, record: unknown): void {
    if (!this.#wanted) return;
    const event = { time: new Date().toISOString(), type, record };
    for (const subscriber of this.#subscribers.values()) subscriber.add(category, event);
    if (!this.#early) return;
    this.#earlyBytes += JSON.stringify(record).length;
    if (this.#early.length < EARLY_EVENTS && this.#earlyBytes <= EARLY_BYTES)
      this.#early.push({ category, event });
  }

  /** `record` is made only where somebody may want it. */
  platform(type: string, record: () => object): void {
    if (this.#wanted) this.emit("platform", `platform.${type}`, record());
  }

  /** A further subscription of the same extension takes the place of its first. */
  subscribe(name: string, subscription: Subscription): void {
    this.#subscribers.get(name)?.close();
    const subscriber = new Subscriber(subscription);
    this.#subscribers.set(name, subscriber);
    for (const { category, event } of this.#early ?? []) subscriber.add(category, event);
    const { types } = subscription;
    this.platform("telemetrySubscription", () => ({ name, state: "Subscribed", types }));
  }

  get #wanted(): boolean {
    return this.#early !== undefined || this.#subscribers.size > 0;
  }

  get isOpen(): boolean {
    return this.#early !== undefined;
  }

  /** The init is over: nobody can subscribe any more. */
  initDone(): void {
    this.#early = undefined;
  }

  /** Sends what has gathered; resolves when it was taken, or could not be delivered. */
  async flush(): Promise<void> {
    await Promise.all([...this.#subscribers.values()].map((one) => one.flush()));
  }
}
