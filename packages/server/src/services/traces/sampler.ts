/** Decides at a door, by rules in memory: the first requests of each second, and a rate of the others. */
import {
  DEFAULT_RULE,
  matchesRule,
  type SampledRequest,
  type SamplingRule,
} from "../../domain/sampling-rule.ts";
import type { Clock } from "../../ports/clock.ts";

export class Sampler {
  readonly #clock: Pick<Clock, "now">;
  readonly #random: () => number;
  /** In the order that they are asked. */
  rules: readonly SamplingRule[] = [DEFAULT_RULE];
  /** By rule: the second, and how many of it its reservoir gave. */
  readonly #taken = new Map<string, { second: number; count: number }>();

  constructor(clock: Pick<Clock, "now">, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  decide(request: SampledRequest): boolean {
    const rule = this.rules.find((each) => matchesRule(each, request)) ?? DEFAULT_RULE;
    const second = Math.floor(this.#clock.now() / 1000);
    let taken = this.#taken.get(rule.name);
    if (taken === undefined || taken.second !== second) {
      taken = { second, count: 0 };
      this.#taken.set(rule.name, taken);
    }
    if (taken.count < rule.reservoir) {
      taken.count += 1;
      return true;
    }
    return this.#random() < rule.fixedRate;
  }
}
