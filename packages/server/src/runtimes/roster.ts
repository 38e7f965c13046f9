/** The instances of one deployment that have a process, and which of them gets the next invocation. */
import type { Clock } from "../ports/clock.ts";
import { OCCUPIED_MS, type Policy } from "../scaling/index.ts";
import type { Call } from "./call.ts";
import type { Instance } from "./instance.ts";

/** One for each fleet. Decides only; its fleet hands the invocations over. */
export class Roster {
  readonly #policy: Pick<Policy, "depth" | "mostAtWork">;
  readonly #clock: Clock;
  /** Loaded or not. */
  readonly #instances = new Set<Instance>();
  /** Without work, the most recently used one last. */
  #idle: Instance[] = [];
  /** The one whose line is being filled. */
  #current: Instance | undefined;

  constructor(policy: Pick<Policy, "depth" | "mostAtWork">, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
  }

  get size(): number {
    return this.#instances.size;
  }

  [Symbol.iterator](): Iterator<Instance> {
    return this.#instances.values();
  }

  /** Those that were without work when it was last heard of them; some may have been given work again. */
  get idle(): readonly Instance[] {
    return this.#idle;
  }

  /** Instances that are not about to end. */
  get lasting(): number {
    let lasting = 0;
    for (const instance of this.#instances) if (instance.isUsable) lasting++;
    return lasting;
  }

  /** Instances whose handler is loaded, and that are not about to end. */
  get loaded(): number {
    let loaded = 0;
    for (const instance of this.#instances) if (instance.loaded && instance.isUsable) loaded++;
    return loaded;
  }

  add(instance: Instance): void {
    this.#instances.add(instance);
  }

  delete(instance: Instance): void {
    this.#instances.delete(instance);
    this.#idle = this.#idle.filter((one) => one !== instance);
    if (this.#current === instance) this.#current = undefined;
  }

  /** It has no work from now on. */
  rests(instance: Instance): void {
    if (instance.listed) return;
    instance.listed = true;
    this.#idle.push(instance);
  }

  /** Short invocations are gathered: first in the one that is being filled, then in the most recently used one. */
  pick(call: Call): Instance | undefined {
    const { depth, mostAtWork } = this.#policy;
    if (depth > 1 && this.#current?.hasRoom(call, depth)) return this.#current;
    if (mostAtWork < this.#instances.size && this.#atWork >= mostAtWork)
      return this.#withRoom(call, depth, 1);
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      idle.listed = false;
      if (!idle.free) continue;
      this.#current = idle;
      return idle;
    }
    return depth === 1 ? undefined : this.#withRoom(call, depth, 0);
  }

  /** One that has so many invocations at least, and room for this one. */
  #withRoom(call: Call, depth: number, least: number): Instance | undefined {
    for (const instance of this.#instances) {
      if (instance.load < least || !instance.hasRoom(call, depth)) continue;
      this.#current = instance;
      return instance;
    }
    return undefined;
  }

  /** Instances that have work, without those that are occupied for good. */
  get #atWork(): number {
    const now = this.#clock.monotonic();
    let count = 0;
    for (const instance of this.#instances)
      if (instance.load > 0 && instance.runningMs(now) <= OCCUPIED_MS) count++;
    return count;
  }
}
