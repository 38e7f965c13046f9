/** Whether this machine's processors are used up. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import type { Clock } from "../ports/clock.ts";

/** How often it is looked, while something runs: 30 us each. A tick of the kernel's counters is 10 ms of one processor. */
const EVERY_MS = 200;
/** Where they have nothing to do for less of the time than this, they are used up ... */
const LITTLE_IDLE = 0.15;
/** ... until it is more than that. */
const ENOUGH_IDLE = 0.35;

/** Time that all processors together have had since the machine started; any unit. */
export interface ProcessorTimes {
  readonly idle: number;
  readonly total: number;
}

/** Looks from time to time, from a wake() on, as long as something runs. */
export class Processors {
  /** They had next to nothing left to give when it was last looked. */
  crowded = false;
  readonly processors = availableParallelism();
  readonly #clock: Clock;
  readonly #busy: () => boolean;
  readonly #times: () => ProcessorTimes;
  #watching = false;

  /** `busy`: something runs that makes it worth to look. */
  constructor(clock: Clock, busy: () => boolean, times = processorTimes) {
    this.#clock = clock;
    this.#busy = busy;
    this.#times = times;
  }

  /** Something runs from now on. It is looked a moment later: whoever calls has something to send. */
  wake(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#clock.after(0, () => this.#watch(this.#times()));
  }

  #watch(since: ProcessorTimes): void {
    this.#clock.after(EVERY_MS, () => this.#look(since));
  }

  #look(since: ProcessorTimes): void {
    const now = this.#times();
    const idle = (now.idle - since.idle) / (now.total - since.total); // NaN where the kernel has not counted yet
    if (idle < LITTLE_IDLE) this.crowded = true;
    else if (idle > ENOUGH_IDLE) this.crowded = false;
    this.#watching = this.#busy();
    if (this.#watching) this.#watch(now);
    else this.crowded = false;
  }
}

/** proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; guests' time is in user and nice. */
function processorTimes(): ProcessorTimes {
  const line = linuxLine();
  if (line === undefined) return portable();
  const fields = line.split(/ +/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0] = fields;
  return { idle: idle + waiting, total: fields.reduce((sum, field) => sum + field, 0) };
}

function linuxLine(): string | undefined {
  try {
    return readFileSync("/proc/stat", "latin1").split("\n", 1)[0];
  } catch {
    return undefined;
  }
}

function portable(): ProcessorTimes {
  const all = cpus().map(({ times }) => times);
  const idle = all.reduce((sum, times) => sum + times.idle, 0);
  const busy = all.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
  return { idle, total: idle + busy };
}
