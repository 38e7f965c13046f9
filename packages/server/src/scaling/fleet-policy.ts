/**
 * How many instances a deployment should have, and how many invocations may stand in line in one of them. Decides
 * only; the runtimes do it. docs/design/instances.md has the reasons and the figures.
 *
 * A handler of 50 ms gets what Lambda gives it: an instance of its own for each concurrent invocation, at once. A
 * handler of 50 us would spend its time on being woken up: its invocations are gathered in few instances, several in
 * line in each, because one write of sixteen frames costs little more than one of a single frame.
 */
import { HandlerTimes } from "./handler-times.ts";

/** What a deployment is asked to bear now. */
export interface Load {
  /** Invocations that no instance has yet. */
  readonly waiting: number;
  /** Invocations that an instance has, running or in line. */
  readonly inInstances: number;
  /** Instances whose running invocation is already older than `OCCUPIED_MS`. */
  readonly occupied: number;
}

/** A running invocation older than this is slow: whatever stands behind it is taken back. */
export const SLOW_MS = 5;
/**
 * A running invocation older than this occupies its instance: another one should be started. About what a start
 * takes, because whoever starts one for every handler that is interrupted for 5 ms has a storm of them soon.
 */
export const OCCUPIED_MS = 50;
/** So much handler time may stand in line before an invocation. */
const LINE_MS = 2;
const DEEPEST_LINE = 64;
/** Handlers that must have been seen before any invocation stands in line behind another. */
const KNOWN_AFTER = 8;
/** An invocation of a short handler should not wait longer than this for its turn. */
const PATIENCE_MS = 5;

export class FleetPolicy {
  readonly #times = new HandlerTimes();
  #alone = false;

  /** A handler took so many milliseconds. */
  observe(handlerMs: number): void {
    this.#times.observe(handlerMs);
  }

  /** From now on nothing stands in line: what this function does cannot be told apart when it does. */
  keepApart(): void {
    this.#alone = true;
  }

  /** How many invocations an instance may have, the running one included. */
  get depth(): number {
    const { count, meanMs } = this.#times;
    if (this.#alone || count < KNOWN_AFTER || meanMs === undefined) return 1;
    return Math.min(
      DEEPEST_LINE,
      1 + Math.floor(LINE_MS / Math.max(meanMs, LINE_MS / DEEPEST_LINE)),
    );
  }

  /** How many instances this load wants, those that are still starting included. */
  wanted({ waiting, inInstances, occupied }: Load): number {
    const invocations = waiting + inInstances;
    const { meanMs } = this.#times;
    if (meanMs === undefined || meanMs >= PATIENCE_MS) return invocations;
    const short = Math.max(0, invocations - occupied);
    return occupied + Math.min(short, Math.ceil((short * meanMs) / PATIENCE_MS));
  }
}
