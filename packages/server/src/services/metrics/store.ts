/**
 * Durable time series. What is told becomes a chunk, one record in one commit; from time to time chunks are folded into
 * blocks, one record for each series, resolution and span. A block says up to which chunk it is made of, so that a fold
 * that a crash cut short is simply done again.
 */
import { type MetricPoint, mergePoints } from "../../domain/metric-point.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Change, Records } from "../../ports/records.ts";
import { metricsError } from "./errors.ts";
import { foldInto, type Pending } from "./fold.ts";
import type { MetricName, PointsByUnit, Sample, Series } from "./model.ts";
import { readPoints } from "./read.ts";
import { CHUNKS, LEVELS, metricKey, numberId, SERIES, seriesId, spaceOf } from "./spaces.ts";

/** CloudWatch has no limit; we have one, so that nobody fills the memory with names. */
export const MAX_SERIES = 100_000;
/** Samples that wait to be folded: more are folded at once. */
const MAX_PENDING = 20_000;
const FOLD_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Days after which a series that nobody told of is forgotten, with all of its points gone but hours. */
const FORGET_DAYS = 15;
/** Samples of one record: 150 values each fill less than 4 MiB. */
const CHUNK_SAMPLES = 500;

/** Series id, time, 1 where it is fine, count, sum, least, most, then values. */
type Row = readonly [id: string, time: number, fine: 0 | 1, ...numbers: number[]];

/** What is known of one scope. */
export interface Shelf {
  readonly scope: Scope;
  readonly series: Map<string, Series>;
  /** Series of a metric by its unit. */
  readonly units: Map<string, Map<string, string>>;
  /** By series, in the order in which they came. */
  readonly pending: Map<string, Pending[]>;
  waiting: number;
  sequence: number;
  folded: number;
}

export interface StoreParts {
  readonly records: Records;
  readonly clock: Clock;
  onDefect(error: unknown): void;
}

export class MetricStore {
  readonly #parts: StoreParts;
  readonly #shelves = new Map<string, Promise<Shelf>>();
  readonly #folds = new Map<Shelf, Promise<void>>();

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /**
   * Keeps samples, with further changes in the same commit. With `lossy` those of new metrics are left out where there
   * is no room for them. @throws YunqueError `TooManyMetrics`.
   */
  async append(
    scope: Scope,
    samples: readonly Sample[],
    { lossy = false, changes = [] }: { lossy?: boolean; changes?: readonly Change[] } = {},
  ): Promise<void> {
    const shelf = await this.#shelf(scope);
    const all: Change[] = [...changes];
    const known: [string, Sample][] = [];
    const news = new Map<string, Series>();
    const day = Math.floor(this.#parts.clock.now() / DAY_MS);
    for (const sample of samples) {
      const key = metricKey(sample);
      const id = seriesId(key, sample.unit);
      const before = news.get(id) ?? shelf.series.get(id);
      if (!before && shelf.series.size + news.size >= MAX_SERIES) {
        if (lossy) continue;
        throw metricsError("TooManyMetrics", `At most ${MAX_SERIES} metrics are kept.`);
      }
      if (before?.day !== day) {
        const { namespace, name, dimensions, unit } = sample;
        news.set(id, { namespace, name, dimensions, unit, day });
      }
      known.push([id, sample]);
    }
    for (const [id, series] of news) all.push({ put: series, space: spaceOf(scope, SERIES), id });
    const chunks: [number, [string, Sample][]][] = [];
    for (let at = 0; at < known.length; at += CHUNK_SAMPLES) {
      shelf.sequence += 1;
      const part = known.slice(at, at + CHUNK_SAMPLES);
      chunks.push([shelf.sequence, part]);
      all.push({
        put: part.map(([id, sample]) => rowOf(id, sample)),
        space: spaceOf(scope, CHUNKS),
        id: numberId(shelf.sequence),
      });
    }
    if (all.length === 0) return;
    await this.#parts.records.commit(all);
    for (const [id, series] of news) register(shelf, id, series);
    for (const [sequence, part] of chunks)
      for (const [id, sample] of part) hold(shelf, id, sequence, sample);
    const age = this.#parts.clock.now() - shelf.folded;
    if (shelf.waiting >= MAX_PENDING || age >= FOLD_MS) void this.fold(shelf);
  }

  /** Points of one metric in `[from, to)` by period; of one unit, or of all. `period` in milliseconds. */
  async read(
    scope: Scope,
    metric: MetricName,
    range: { readonly from: number; readonly to: number; readonly period: number },
    unit?: string,
  ): Promise<PointsByUnit> {
    const shelf = await this.#shelf(scope);
    const now = this.#parts.clock.now();
    const oldest = now - (LEVELS.at(-1)?.keep ?? 0);
    const from = Math.max(range.from, oldest);
    const bounded = { ...range, from, to: Math.min(range.to, now + DAY_MS), now };
    const found: PointsByUnit = new Map();
    for (const [one, id] of shelf.units.get(metricKey(metric)) ?? [])
      if (unit === undefined || unit === one) {
        const points = await readPoints(this.#parts.records, shelf, id, bounded);
        if (points.size > 0) found.set(one, points);
      }
    return found;
  }

  /** Every metric that somebody told of since, in no order. */
  async metrics(scope: Scope): Promise<Series[]> {
    const shelf = await this.#shelf(scope);
    return [...shelf.units.values()].flatMap((units) => {
      const all = [...units.values()].flatMap((id) => shelf.series.get(id) ?? []);
      const newest = all.sort((a, b) => b.day - a.day)[0];
      return newest ? [newest] : [];
    });
  }

  /** Folds what waits into blocks, and forgets what is too old. */
  fold(shelf: Shelf): Promise<void> {
    const running = this.#folds.get(shelf);
    if (running) return running;
    const { records, clock, onDefect } = this.#parts;
    shelf.folded = clock.now();
    const fold = foldInto(records, shelf, clock.now(), FORGET_DAYS)
      .catch(onDefect)
      .finally(() => this.#folds.delete(shelf));
    this.#folds.set(shelf, fold);
    return fold;
  }

  /** Waits for what is being folded. */
  async close(): Promise<void> {
    await Promise.all(this.#folds.values());
  }

  #shelf(scope: Scope): Promise<Shelf> {
    const name = `${scope.account}/${scope.region}`;
    let shelf = this.#shelves.get(name);
    if (shelf === undefined) {
      shelf = this.#open({ account: scope.account, region: scope.region });
      this.#shelves.set(name, shelf);
      shelf.catch(() => this.#shelves.delete(name));
    }
    return shelf;
  }

  async #open(scope: Scope): Promise<Shelf> {
    const { records, clock } = this.#parts;
    const shelf: Shelf = {
      scope,
      series: new Map(),
      units: new Map(),
      pending: new Map(),
      waiting: 0,
      sequence: clock.now() * 1000, // later than of any life before, also where all of its chunks are folded
      folded: clock.now(),
    };
    for (const { id, value } of await everyRecord<Series>(records, spaceOf(scope, SERIES)))
      register(shelf, id, value);
    for (const { id, value } of await everyRecord<Row[]>(records, spaceOf(scope, CHUNKS))) {
      const sequence = Number(id);
      shelf.sequence = Math.max(shelf.sequence, sequence);
      for (const row of value) {
        const [series, time, fine] = row;
        add(shelf, series, { sequence, time, fine: fine === 1, point: pointOfRow(row) });
      }
    }
    return shelf;
  }
}

function register(shelf: Shelf, id: string, series: Series): void {
  shelf.series.set(id, series);
  const key = metricKey(series);
  const units = shelf.units.get(key) ?? new Map<string, string>();
  units.set(series.unit, id);
  shelf.units.set(key, units);
}

function hold(shelf: Shelf, id: string, sequence: number, sample: Sample): void {
  const { time, fine = false, point } = sample;
  add(shelf, id, { sequence, time: alignedTime(time, fine), fine, point });
}

function add(shelf: Shelf, id: string, entry: Pending): void {
  const list = shelf.pending.get(id);
  shelf.waiting += 1;
  if (list === undefined) shelf.pending.set(id, [entry]);
  else list.push(entry);
}

const alignedTime = (time: number, fine: boolean): number => {
  const step = LEVELS[fine ? 0 : 1].step;
  return Math.floor(time / step) * step;
};

function rowOf(id: string, { time, fine = false, point }: Sample): Row {
  const { count, sum, min, max, values = [] } = point;
  return [id, alignedTime(time, fine), fine ? 1 : 0, count, sum, min, max, ...values];
}

function pointOfRow([, , , ...numbers]: Row): MetricPoint {
  return pointOfNumbers(numbers);
}

/** Count, sum, least, most, then values. */
export function pointOfNumbers([
  count = 0,
  sum = 0,
  min = 0,
  max = 0,
  ...values
]: readonly number[]) {
  const point: MetricPoint = { count, sum, min, max };
  return values.length === 0 ? point : { ...point, values };
}

/** Adds a point to those of a period. */
export function addPoint(points: Map<number, MetricPoint>, time: number, point: MetricPoint): void {
  const before = points.get(time);
  points.set(time, before === undefined ? point : mergePoints(before, point));
}
