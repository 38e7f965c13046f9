/** The places that this machine has for instances: who gets one, in turn, and who gives one up. */
import type { Deployment } from "../domain/deployment.ts";
import type { Clock } from "../ports/clock.ts";
import { giverFor, KeepAlive, mayTakeIdle } from "../scaling/index.ts";
import type { Fleet } from "./fleet.ts";
import type { Instance } from "./instance.ts";
import type { ExecutorLimits } from "./limits.ts";
import type { Tenant } from "./tenant.ts";

/** What this needs to know of the others. */
export interface PlacesHost {
  readonly fleets: Iterable<Fleet>;
  readonly tenants: Iterable<Tenant>;
  /** Whether a process that has booted waits for it. */
  hasBooted(deployment: Deployment): boolean;
}

export class Places {
  readonly #limits: ExecutorLimits;
  readonly #clock: Clock;
  readonly #host: PlacesHost;
  readonly #keepAlive = new KeepAlive();
  /** Fleets that lack places to start instances, and how many, in the order of their turns. */
  readonly #hungry = new Map<Fleet, number>();
  /** Instances that have a place: starting, alive, or not gone yet. */
  #taken = 0;
  /** Those of them whose process does not run yet: what costs the machine most. */
  #starting = 0;
  /** Ended to make room, but not gone yet. */
  readonly #evicted = new Set<Instance>();
  /** Instances that others were asked to end as soon as they are free, and did not yet. */
  #promised = 0;

  constructor(limits: ExecutorLimits, clock: Clock, host: PlacesHost) {
    this.#limits = limits;
    this.#clock = clock;
    this.#host = host;
  }

  get taken(): number {
    return this.#taken;
  }

  get starting(): number {
    return this.#starting;
  }

  /** Somebody lacks a place. */
  get scarce(): boolean {
    return this.#hungry.size > 0;
  }

  /** All are taken. */
  get full(): boolean {
    return this.#taken >= this.#limits.instances;
  }

  /** An instance may be started without anybody else's giving way. */
  get open(): boolean {
    return !this.full && this.#starting < this.#limits.starting;
  }

  /** Finds places for what a fleet lacks: now, or when it is its turn. */
  grow(fleet: Fleet): void {
    const { missing } = fleet;
    if (missing <= 0) return;
    this.#hungry.set(fleet, missing);
    // Those that wait already wait for what is not there now.
    if (this.#mayStart(fleet)) this.feed();
    else if (this.full) this.#makeRoomFor(fleet);
  }

  /** Gives places to those who lack them, one to each in turn. */
  feed(): void {
    for (let passed = 0; passed < this.#hungry.size; ) {
      const [next] = this.#hungry;
      if (!next) return;
      const [fleet] = next;
      this.#hungry.delete(fleet);
      let missing = Math.min(next[1], fleet.couldUse);
      if (missing <= 0) continue;
      if (this.#mayStart(fleet)) {
        if (!this.#begin(fleet, missing)) continue;
        passed = 0;
        missing--;
      } else passed++;
      if (missing > 0) this.#hungry.set(fleet, missing);
    }
  }

  /** An instance begins to start. */
  take(): void {
    this.#taken++;
    this.#starting++;
  }

  /** Its process runs. */
  booted(): void {
    this.#starting--;
    this.feed();
  }

  /** An instance is gone, or was never there. */
  free(hadBooted: boolean, instance?: Instance): void {
    this.#taken--;
    if (!hadBooted) this.#starting--;
    if (!(instance && this.#evicted.delete(instance)) && this.#promised > 0) this.#promised--;
    this.feed();
  }

  /** A fleet that is no more needs none. */
  forget(fleet: Fleet): void {
    this.#hungry.delete(fleet);
  }

  /** Ends idle instances of little worth, until about so many bytes are free. */
  release(bytes: number): void {
    for (let left = bytes; left > 0; ) {
      const ended = this.#endIdle();
      if (!ended) return;
      left -= ended.memory;
    }
  }

  #mayStart(fleet: Fleet): boolean {
    if (this.full) return false;
    // One that has booted already is not held up by those that have not.
    return this.#starting < this.#limits.starting || this.#host.hasBooted(fleet.deployment);
  }

  /** Starts one; false where the function may not have more of them now, and nobody waits for them any more. */
  #begin(fleet: Fleet, missing: number): boolean {
    const isKept = fleet.size < fleet.kept;
    if (!isKept && !fleet.tenant.admission.tryScale(this.#clock.monotonic())) {
      fleet.throttle(missing);
      return false;
    }
    fleet.start();
    return true;
  }

  /** An idle instance ends, or one of whoever has more than its share. Its place is free once it is gone. */
  #makeRoomFor(fleet: Fleet): void {
    if (this.#evicted.size + this.#promised >= this.#hungry.size) return;
    if (this.#endIdle(fleet)) return;
    const giver = giverFor(this.#host.tenants, fleet.tenant);
    if (!giver) return;
    let largest: Fleet | undefined;
    for (const one of giver.fleets)
      if (one.size - one.kept > (largest ? largest.size - largest.kept : 0)) largest = one;
    if (!largest) return;
    this.#promised++;
    largest.yieldOne();
  }

  /** Ends the idle instance of the least worth that may be taken from its function. */
  #endIdle(needy?: Fleet): Instance | undefined {
    const now = this.#clock.monotonic();
    let least: Instance | undefined;
    let leastWorth = Number.POSITIVE_INFINITY;
    for (const fleet of this.#host.fleets) {
      const candidate = fleet.longestIdle;
      if (!candidate) continue;
      const idleMs = now - candidate.idleSince;
      if (needy && !mayTakeIdle(fleet.tenant, needy.tenant, idleMs)) continue;
      const { memoryMB } = fleet.deployment;
      const worth = this.#keepAlive.worth({ uses: fleet.uses, memoryMB }, candidate);
      if (worth > leastWorth) continue;
      if (worth === leastWorth && least && least.idleSince <= candidate.idleSince) continue;
      least = candidate;
      leastWorth = worth;
    }
    if (!least) return undefined;
    this.#keepAlive.evicted(leastWorth, now);
    this.#evicted.add(least);
    least.end();
    return least;
  }
}
