/** Capacity providers: how many processors the instances on one may have together, and which of them are idle. */
import type { Fleet } from "./fleet.ts";

/** One for the whole executor. Fleets that are on no provider are none of its business. */
export class Shares {
  /** Processors of each provider, by its ARN. */
  readonly #limits = new Map<string, number>();
  readonly #fleets = new Map<string, Set<Fleet>>();

  /** A provider has so many from now on. */
  limit(provider: string, vcpus: number): void {
    this.#limits.set(provider, vcpus);
  }

  add(fleet: Fleet): void {
    const { provider } = fleet.deployment.sharing ?? {};
    if (provider === undefined) return;
    const fleets = this.#fleets.get(provider) ?? new Set();
    fleets.add(fleet);
    this.#fleets.set(provider, fleets);
  }

  delete(fleet: Fleet): void {
    const { provider } = fleet.deployment.sharing ?? {};
    const fleets = provider === undefined ? undefined : this.#fleets.get(provider);
    if (provider === undefined || !fleets?.delete(fleet) || fleets.size > 0) return;
    this.#fleets.delete(provider);
  }

  /** How many more instances it may have. Where it is none, an idle one of its provider's other functions ends. */
  room(fleet: Fleet): number {
    const { provider = "", vcpus = 1 } = fleet.deployment.sharing ?? {};
    const limit = this.#limits.get(provider);
    if (limit === undefined) return Number.POSITIVE_INFINITY;
    const fleets = this.#fleets.get(provider) ?? [];
    let taken = 0;
    let lasting = 0;
    for (const one of fleets) {
      const each = one.deployment.sharing?.vcpus ?? 0;
      taken += one.size * each;
      lasting += one.lasting * each;
    }
    const room = Math.max(0, Math.floor((limit - taken) / vcpus));
    // Those that are about to end make room, too.
    if (room === 0 && limit - lasting < vcpus) this.#yield(fleets, fleet);
    return room;
  }

  #yield(fleets: Iterable<Fleet>, needy: Fleet): void {
    if (needy.waiting === 0) return;
    let longest: Fleet["longestIdle"];
    for (const fleet of fleets) {
      const idle = fleet === needy ? undefined : fleet.longestIdle;
      if (idle && (!longest || idle.idleSince < longest.idleSince)) longest = idle;
    }
    longest?.end();
  }
}
