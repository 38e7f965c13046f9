/** The leases that this process holds, renewed for as long as their messages run. */
import type { Clock } from "../../ports/clock.ts";
import type { MessageId } from "../../ports/queues.ts";
import type { Settlements } from "./settlements.ts";

export interface Lease {
  readonly queue: string;
  readonly id: MessageId;
  /** Changes where the lease ran out while the process stood still, and was taken again. */
  epoch: number;
  /** When it runs out. */
  until: number;
  readonly bytes: number;
  /** Its renewal is under way. */
  renewing: boolean;
}

export class Leases {
  /** How long a lease lasts without being renewed. */
  readonly ms: number;
  readonly #clock: Clock;
  readonly #settlements: Settlements;
  readonly #held = new Map<MessageId, Lease>();
  #bytes = 0;
  #cancel: (() => void) | undefined;

  constructor(ms: number, clock: Clock, settlements: Settlements) {
    this.ms = ms;
    this.#clock = clock;
    this.#settlements = settlements;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Of the bodies of all messages that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Undefined where the message is held already: the process stood still for longer than a lease lasts, and its message
   * was handed out again while it runs here.
   */
  take(queue: string, id: MessageId, epoch: number, bytes: number): Lease | undefined {
    const until = this.#clock.now() + this.ms;
    const known = this.#held.get(id);
    if (known !== undefined) {
      known.epoch = epoch;
      known.until = until;
      return undefined;
    }
    const lease = { queue, id, epoch, until, bytes, renewing: false };
    this.#held.set(id, lease);
    this.#bytes += bytes;
    this.#cancel ??= this.#clock.after(this.ms / 3, () => this.#renew());
    return lease;
  }

  /** The message is done with. */
  drop({ id, bytes }: Lease): void {
    if (!this.#held.delete(id)) return;
    this.#bytes -= bytes;
    if (this.#held.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #renew(): void {
    const now = this.#clock.now();
    this.#cancel = this.#clock.after(this.ms / 3, () => this.#renew());
    for (const lease of this.#held.values()) {
      if (lease.renewing || lease.until - now > (this.ms * 2) / 3) continue;
      lease.renewing = true;
      const { queue, id, epoch } = lease;
      const become = { kind: "extended", leaseMs: this.ms } as const;
      this.#settlements.add({ queue, id, epoch, become }, (held) => {
        lease.renewing = false;
        if (held) lease.until = Math.max(lease.until, now + this.ms);
      });
    }
  }
}
