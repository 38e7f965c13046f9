/**
 * Gathers the platform's own numbers by the minute, and keeps them in one commit per minute and scope. Recording never
 * waits and never fails; where there are too many names, later ones are left out. Idle, it has no timer.
 */
import type { MetricPoint } from "../../domain/metric-point.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Dimensions, Metrics } from "../../ports/metrics.ts";
import type { Change } from "../../ports/records.ts";
import type { Sample } from "./model.ts";
import { type OwnMetric, ownMetric } from "./own-metrics.ts";
import type { MetricStore } from "./store.ts";

const MINUTE_MS = 60_000;
/** Names that are told of within one minute. */
const MAX_SLOTS = 20_000;
/** Minutes that wait for a store that fails. */
const MAX_WAITING = 50_000;

interface Slot {
  readonly metric: OwnMetric;
  minute: number;
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly values: Map<number, number>;
}

/** Samples of one scope. */
export interface ScopedSamples {
  readonly scope: Scope;
  readonly samples: readonly Sample[];
  /** Kept in the same commit. */
  readonly changes?: readonly Change[];
}

export interface RecorderParts {
  readonly store: MetricStore;
  readonly clock: Clock;
  readonly home: Scope;
  /** Also told of everything. */
  readonly totals?: Metrics | undefined;
  onDefect(error: unknown): void;
}

export class Recorder implements Metrics {
  readonly #parts: RecorderParts;
  readonly #slots = new Map<string, Slot>();
  readonly #finished: [Scope, Sample][] = [];
  /** What is asked before each flush: numbers that are read, not told. */
  readonly #sources: (() => Promise<readonly ScopedSamples[]>)[] = [];
  #cancel: (() => void) | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  count(name: string, dimensions: Dimensions, value = 1): void {
    this.#parts.totals?.count(name, dimensions, value);
    this.#add(name, dimensions, value);
  }

  observe(name: string, dimensions: Dimensions, value: number): void {
    this.#parts.totals?.observe(name, dimensions, value);
    this.#add(name, dimensions, value);
  }

  /** A sample of somebody's own, to be kept with the minute's. */
  tell(scope: Scope, sample: Sample): void {
    if (this.#finished.length < MAX_WAITING) this.#finished.push([scope, sample]);
    this.#arm();
  }

  /** Something has happened that a source will tell of: there will be a flush. */
  expect(): void {
    this.#arm();
  }

  /** Is asked at each flush. */
  source(read: () => Promise<readonly ScopedSamples[]>): void {
    this.#sources.push(read);
  }

  /** Keeps what was told so far. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flush()).catch(this.#parts.onDefect);
    return this.#flushing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = undefined;
    await this.flush();
  }

  #add(name: string, dimensions: Dimensions, value: number): void {
    const key = keyOf(name, dimensions);
    const minute = Math.floor(this.#parts.clock.now() / MINUTE_MS);
    let slot = this.#slots.get(key);
    if (slot !== undefined && slot.minute !== minute) {
      this.#finish(slot);
      slot.minute = minute;
    }
    if (slot === undefined) {
      if (this.#slots.size >= MAX_SLOTS) return;
      slot = {
        metric: ownMetric(name, dimensions, this.#parts.home),
        minute,
        count: 0,
        sum: 0,
        min: 0,
        max: 0,
        values: new Map(),
      };
      this.#slots.set(key, slot);
    }
    slot.min = slot.count === 0 ? value : Math.min(slot.min, value);
    slot.max = slot.count === 0 ? value : Math.max(slot.max, value);
    slot.count += 1;
    slot.sum += value;
    const kept = slot.values.size < 128 || slot.values.has(value) ? value : coarse(value);
    slot.values.set(kept, (slot.values.get(kept) ?? 0) + 1);
    this.#arm();
  }

  #finish(slot: Slot): void {
    if (slot.count > 0 && this.#finished.length < MAX_WAITING) {
      const { scope, ...metric } = slot.metric;
      this.#finished.push([
        scope,
        { ...metric, time: slot.minute * MINUTE_MS, point: pointIn(slot) },
      ]);
    }
    slot.count = 0;
    slot.sum = 0;
    slot.values.clear();
  }

  #arm(): void {
    if (this.#cancel !== undefined || this.#closed) return;
    const { clock } = this.#parts;
    this.#cancel = clock.after(MINUTE_MS - (clock.now() % MINUTE_MS), () => {
      this.#cancel = undefined;
      void this.flush();
    });
  }

  async #flush(): Promise<void> {
    for (const slot of this.#slots.values()) this.#finish(slot);
    this.#slots.clear();
    const byScope = new Map<string, { scope: Scope; samples: Sample[]; changes: Change[] }>();
    const add = ({ scope, samples, changes = [] }: ScopedSamples) => {
      const key = `${scope.account}/${scope.region}`;
      const one = byScope.get(key) ?? { scope, samples: [], changes: [] };
      for (const sample of samples) one.samples.push(sample);
      for (const change of changes) one.changes.push(change);
      byScope.set(key, one);
    };
    const taken = this.#finished.splice(0);
    for (const [scope, sample] of taken) add({ scope, samples: [sample] });
    for (const source of this.#sources) for (const one of await source()) add(one);
    for (const { scope, samples, changes } of byScope.values())
      if (samples.length + changes.length > 0)
        await this.#parts.store.append(scope, samples, { lossy: true, changes });
  }
}

/** The same names in the same order, as the port says, so values will do. */
function keyOf(name: string, dimensions: Dimensions): string {
  let key = name;
  for (const dimension in dimensions) key += `\n${dimension}\n${dimensions[dimension]}`;
  return key;
}

const coarse = (value: number): number => Number(value.toPrecision(2));

function pointIn({ count, sum, min, max, values }: Slot): MetricPoint {
  return { count, sum, min, max, values: [...values].flat() };
}
