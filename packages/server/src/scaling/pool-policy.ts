/**
 * How many generic processes of each kind are kept ready. Decides only; `runtimes/pool/` does it.
 *
 * A kind that was asked for lately has one, the kind that was asked for last a few; one that was asked for in bursts
 * has as many as its greatest burst of a second, which is forgotten by half every minute.
 */

/** Asked for less than this long ago, a kind is kept ready. */
const KEPT_MS = 15 * 60_000;
/** What is asked for within this time is one burst: about what it takes to refill the pool. */
const BURST_MS = 1_000;
const HALF_LIFE_MS = 60_000;

/** Bounds of a pool. */
export interface PoolBounds {
  /** Processes of all kinds together. */
  readonly most: number;
  /** Of the kind that was asked for last: functions are often called one after another. */
  readonly least: number;
}

interface Demand {
  askedAt: number;
  burstBegan: number;
  burst: number;
  peak: number;
  peakAt: number;
}

/** One for the whole pool. Times are monotonic milliseconds. */
export class PoolPolicy {
  readonly #bounds: PoolBounds;
  /** The kind that was asked for last is the last one. */
  readonly #kinds = new Map<string, Demand>();

  constructor(bounds: PoolBounds) {
    this.#bounds = bounds;
  }

  /** A process of this kind was wanted, whether there was one or not. */
  wanted(kind: string, now: number): void {
    const demand = this.#touch(kind, now);
    if (now - demand.burstBegan > BURST_MS) {
      demand.burstBegan = now;
      demand.burst = 0;
    }
    demand.burst++;
    if (demand.burst < peakOf(demand, now)) return;
    demand.peak = demand.burst;
    demand.peakAt = now;
  }

  /** A process of this kind may be wanted soon. */
  expected(kind: string, now: number): void {
    this.#touch(kind, now);
  }

  /** How many of each kind should be ready: those that were asked for last first. */
  plan(now: number): ReadonlyMap<string, number> {
    const plan = new Map<string, number>();
    const { most, least } = this.#bounds;
    let left = most;
    for (const [kind, demand] of [...this.#kinds].reverse()) {
      if (now - demand.askedAt > KEPT_MS) this.#kinds.delete(kind);
      else {
        const usual = plan.size === 0 ? least : 1;
        const count = Math.min(left, Math.max(usual, Math.round(peakOf(demand, now))));
        plan.set(kind, count);
        left -= count;
      }
    }
    return plan;
  }

  #touch(kind: string, now: number): Demand {
    const known = this.#kinds.get(kind);
    const demand = known ?? { askedAt: now, burstBegan: now, burst: 0, peak: 0, peakAt: now };
    demand.askedAt = now;
    this.#kinds.delete(kind);
    this.#kinds.set(kind, demand);
    return demand;
  }
}

const peakOf = ({ peak, peakAt }: Demand, now: number): number =>
  peak * 0.5 ** ((now - peakAt) / HALF_LIFE_MS);
