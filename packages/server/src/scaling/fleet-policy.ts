/**
 * How many instances a deployment should have, and how many invocations may stand in line in one of them. Decides
 * only; the runtimes do it. docs/design/instances.md has the reasons and the figures.
 *
 * A handler of 50 ms gets what Lambda gives it: an instance of its own for each concurrent invocation, at once. A
 * handler of 50 us would spend its time on being woken up: its invocations are gathered in few instances, several in
 * line in each, because one write of sixteen frames costs little more than one of a single frame.
 *
 * Where the processors are used up, times lie: a handler of 50 us takes 50 ms because a hundred others run. More instances
 * make that worse, and would be asked for because of it. So then the function counts by what it took before, and one
 * whose handlers only wait for processors gets no more instances; one whose handlers sleep still does.
 */
import { HandlerTimes } from "./handler-times.ts";

/** What a deployment has to bear now. */
export interface Load {
  /** Invocations that no instance has yet. */
  readonly waiting: number;
  /** Invocations that an instance has, running or in line. */
  readonly inInstances: number;
  /** Instances that are there or starting. */
  readonly instances: number;
  /** Those of them whose handler is not loaded yet. */
  readonly loading: number;
  /** Those of them whose running invocation is already older than `occupiedMs`. */
  readonly occupied: number;
  /** Monotonic milliseconds. */
  readonly now: number;
}

/** What all deployments share. */
export interface Machine {
  /** Its processors have nothing left to give. */
  readonly crowded: boolean;
  /** How many there are. */
  readonly processors: number;
}

/** A running invocation older than this is slow: whatever stands behind it is taken back. */
export const SLOW_MS = 5;
/** In a crowd it may only have waited for a processor until then. */
const CROWDED_SLOW_MS = 15;
/** A running invocation older than this occupies its instance for good, as far as anybody can tell. */
export const OCCUPIED_MS = 50;
/** In a crowd one may only have waited for a processor until then: nothing is started in its place before. */
const CROWDED_OCCUPIED_MS = 500;
/** Where the processors are used up, more instances that load their handlers at once only hold each other up. */
const CROWDED_LOADING = 2;
/** There, so many handlers per processor that take less than `OCCUPIED_MS` may run at once: nobody knows whether they sleep. */
const CROWDED_BRIEF = 8;
/**
 * For short handlers, instances must have been too few for so long, all in all, before another one is started: about
 * what a start takes. Whoever starts one for every handler that is interrupted for a moment has a storm of them soon.
 */
const LACKING_MS = 50;
/** That much of it is forgotten per millisecond: to lack instances for less than a tenth of the time is well enough. */
const FORGIVEN = 0.1;
/** Looks that find too few follow each other this closely, while it lasts. */
const SAME_LACK_MS = 10;
/** So much handler time may stand in line before an invocation. */
const LINE_MS = 2;
/** Where the processors are used up, more of it: what waits in a few instances would wait elsewhere for a processor. */
const CROWDED_LINE_MS = 8;
const DEEPEST_LINE = 64;
/** Handlers that must have been seen before any invocation stands in line behind another. */
const KNOWN_AFTER = 8;
/** Handlers that take so many times what they took before wait for processors, not for anything else. */
const STRETCHED = 3;
/** An invocation of a short handler should not wait longer than this for its turn. */
const PATIENCE_MS = 5;

/** What a fleet asks, whoever decides. */
export type Policy = Pick<FleetPolicy, keyof FleetPolicy>;

/** One for each deployment. */
export class FleetPolicy {
  readonly #times = new HandlerTimes();
  #apart = false;
  /** For how long there have been too few instances, in milliseconds, and when that was seen last. */
  #lacked = 0;
  #lackSeen = 0;
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** A handler took so many milliseconds. */
  observe(handlerMs: number): void {
    this.#times.observe(handlerMs, this.#machine.crowded);
  }

  /** From now on nothing stands in line: what this function does cannot be told apart when it does. */
  keepApart(): void {
    this.#apart = true;
  }

  /** Whether nothing may stand in line. */
  get apart(): boolean {
    return this.#apart;
  }

  /** How many invocations an instance may have, the running one included. */
  get depth(): number {
    const handlerMs = this.#handlerMs;
    if (this.#apart || this.#times.count < KNOWN_AFTER || handlerMs === undefined) return 1;
    const lineMs = this.#machine.crowded ? CROWDED_LINE_MS : LINE_MS;
    const behind = Math.floor(lineMs / Math.max(handlerMs, lineMs / DEEPEST_LINE));
    return Math.min(DEEPEST_LINE, 1 + behind);
  }

  /** A running invocation older than this is slow: whatever stands behind it is taken back. In a crowd it only waits. */
  get slowMs(): number {
    return this.#machine.crowded ? CROWDED_SLOW_MS : SLOW_MS;
  }

  /** How many instances this load wants, those that are there included. Ask while something waits. */
  wanted(load: Load): number {
    const enough = this.enough(load);
    if (enough <= load.instances || !this.#isShort) return enough;
    if (!this.#lacksForLong(load)) return load.instances;
    return Math.min(enough, load.instances + this.#machine.processors);
  }

  /** A running invocation older than this occupies its instance for good, as far as new ones are concerned. */
  get occupiedMs(): number {
    return this.#machine.crowded ? CROWDED_OCCUPIED_MS : OCCUPIED_MS;
  }

  /** How many instances would do for this load, if it lasted. */
  enough(load: Load): number {
    const enough = this.#enough(load);
    const { crowded, processors } = this.#machine;
    if (!crowded) return enough;
    const { instances, loading } = load;
    return Math.min(enough, instances + Math.max(0, CROWDED_LOADING * processors - loading));
  }

  #enough({ waiting, inInstances, instances, occupied }: Load): number {
    const invocations = waiting + inInstances;
    const handlerMs = this.#handlerMs;
    if (handlerMs === undefined) return invocations;
    if (this.#stretched) return Math.min(invocations, Math.max(1, instances));
    if (handlerMs >= PATIENCE_MS) return Math.min(invocations, occupied + this.mostAtWork);
    const short = Math.max(0, invocations - occupied);
    const few = Math.min(short, Math.ceil((short * handlerMs) / PATIENCE_MS), this.mostAtWork);
    return occupied + few;
  }

  /**
   * How many instances may have work at once. In a crowd, short handlers in more of them than processors only wait for
   * each other, and those of some milliseconds in many more.
   */
  get mostAtWork(): number {
    const { crowded, processors } = this.#machine;
    if (!crowded) return Number.POSITIVE_INFINITY;
    if (this.#isShort) return this.#apart ? Number.POSITIVE_INFINITY : processors;
    const isBrief = (this.#handlerMs ?? OCCUPIED_MS) < OCCUPIED_MS;
    return isBrief ? CROWDED_BRIEF * processors : Number.POSITIVE_INFINITY;
  }

  get #isShort(): boolean {
    return (this.#handlerMs ?? PATIENCE_MS) < PATIENCE_MS;
  }

  get #handlerMs(): number | undefined {
    return this.#machine.crowded ? this.#times.quickMs : this.#times.meanMs;
  }

  /** Its handlers wait for processors: more instances would only wait, too. */
  get #stretched(): boolean {
    const { meanMs = 0, quickMs = 0 } = this.#times;
    return this.#machine.crowded && meanMs > STRETCHED * quickMs;
  }

  #lacksForLong({ instances, now }: Load): boolean {
    if (instances === 0) return true;
    const passed = now - this.#lackSeen;
    this.#lackSeen = now;
    this.#lacked = Math.max(0, this.#lacked - passed * FORGIVEN);
    if (passed <= SAME_LACK_MS) this.#lacked += passed;
    if (this.#lacked < LACKING_MS) return false;
    this.#lacked = 0;
    return true;
  }
}
