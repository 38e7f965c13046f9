/** Looks at what alarms look at: each minute, each ten seconds where a period is shorter. Without alarms it has no timer. */
import { EXTRA_PERIODS, evaluateAlarm } from "../../domain/alarm-evaluation.ts";
import { type MetricPoint, mergePoints } from "../../domain/metric-point.ts";
import { statisticOf } from "../../domain/metric-statistic.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Alarm, MetricAlarm } from "./alarm-model.ts";
import type { AlarmStates } from "./alarm-states.ts";
import type { AlarmStore } from "./alarm-store.ts";
import { beyond, reasonOf, type Seen, zoned } from "./alarm-words.ts";
import { checkQueries } from "./queries.ts";
import { runQueries } from "./query-run.ts";
import type { MetricStore } from "./store.ts";

const FINE_MS = 10_000;
const MINUTE_MS = 60_000;
/** An alarm that was just put is not looked at yet. */
const NEW_MS = 2_000;

export interface LoopParts {
  readonly metrics: MetricStore;
  readonly store: AlarmStore;
  readonly states: AlarmStates;
  readonly clock: Clock;
  /** Keeps what the platform has told so far. */
  flush(): Promise<void>;
  onDefect(error: unknown): void;
}

interface Watched {
  readonly scope: Scope;
  readonly name: string;
  readonly fine: boolean;
  readonly since: number;
}

/** One period that was looked at. */
interface Looked {
  readonly time: number;
  readonly value: number | undefined;
  readonly samples?: number;
}

export class AlarmLoop {
  readonly #parts: LoopParts;
  readonly #watched = new Map<string, Watched>();
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  watch(scope: Scope, alarm: Alarm): void {
    if (alarm.kind !== "metric") return;
    const { account, region } = scope;
    this.#watched.set(keyOf(scope, alarm.name), {
      scope: { account, region },
      name: alarm.name,
      fine: periodOf(alarm) < 60,
      since: this.#parts.clock.now(),
    });
    this.#cancel?.();
    this.#arm();
  }

  forget(scope: Scope, name: string): void {
    this.#watched.delete(keyOf(scope, name));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#running;
  }

  #arm(): void {
    if (this.#closed || this.#watched.size === 0) return;
    const { clock } = this.#parts;
    const fine = [...this.#watched.values()].some((one) => one.fine);
    const step = fine ? FINE_MS : MINUTE_MS;
    this.#cancel = clock.after(step - (clock.now() % step), () => {
      this.#running = this.#tick().then(
        () => this.#arm(),
        (error: unknown) => {
          this.#parts.onDefect(error);
          this.#arm();
        },
      );
    });
  }

  async #tick(): Promise<void> {
    const { clock, flush, store, onDefect } = this.#parts;
    const now = clock.now();
    const minute = now % MINUTE_MS < FINE_MS;
    await flush();
    for (const { scope, name, fine, since } of [...this.#watched.values()]) {
      if (this.#closed) return;
      if ((!fine && !minute) || now - since < NEW_MS) continue;
      try {
        const alarm = await store.get(scope, name);
        if (alarm?.kind === "metric") await this.evaluate(scope, alarm, now);
        else this.forget(scope, name);
      } catch (error) {
        onDefect(error);
      }
    }
  }

  /** Looks at one alarm as of this moment. */
  async evaluate(scope: Scope, alarm: MetricAlarm, now: number): Promise<void> {
    const { rule } = alarm;
    const looked = await this.#look(scope, alarm, now);
    const missing = rule.missing ?? "missing";
    const { state, used, filled } = evaluateAlarm(
      looked.map(({ value }) => value),
      {
        evaluationPeriods: rule.evaluationPeriods,
        datapointsToAlarm: rule.datapointsToAlarm ?? rule.evaluationPeriods,
        missing,
        breaches: (value) => beyond(rule.comparison, value, rule.threshold),
      },
    );
    if (state === undefined || state === alarm.state.value) return;
    const points = used.flatMap((at) => looked[at] ?? []);
    const seen = points.map(({ time, value = 0 }): Seen => ({ time, value }));
    const data = JSON.stringify({
      version: "1.0",
      queryDate: zoned(now),
      ...(points.length === 0 ? {} : { startDate: zoned(points.at(-1)?.time ?? now) }),
      ...(rule.unit === undefined ? {} : { unit: rule.unit }),
      ...(rule.metric && { statistic: rule.statistic ?? rule.extended }),
      period: periodOf(alarm),
      recentDatapoints: seen.map(({ value }) => value).reverse(),
      threshold: rule.threshold,
      evaluatedDatapoints: (points.length === 0
        ? looked.slice(0, rule.evaluationPeriods)
        : points
      ).map(({ time, samples, value }) => ({
        timestamp: zoned(time),
        ...(samples === undefined ? {} : { sampleCount: samples }),
        ...(value === undefined ? {} : { value }),
      })),
    });
    await this.#parts.states.set(scope, alarm.name, {
      value: state,
      reason: reasonOf(alarm, { state, seen, filled }),
      data,
    });
  }

  /** The newest periods that are over, the newest first. */
  async #look(scope: Scope, alarm: MetricAlarm, now: number): Promise<Looked[]> {
    const { rule } = alarm;
    const step = periodOf(alarm) * 1000;
    const count = rule.evaluationPeriods + EXTRA_PERIODS;
    const tick = Math.min(step, MINUTE_MS);
    if (rule.queries !== undefined) {
      const end = Math.floor(now / step) * step;
      const span = { from: end - count * step, to: end };
      const [result] = await runQueries(
        this.#parts.metrics,
        scope,
        checkQueries(rule.queries),
        span,
      );
      return places(count, (at) => {
        const time = end - (at + 1) * step;
        return { time, value: result?.points.get(time) };
      });
    }
    const { metric, statistic, extended, unit } = rule;
    if (metric === undefined) return [];
    const end = Math.floor(now / tick) * tick;
    const range = { from: end - count * step, to: end, period: tick };
    const byUnit = await this.#parts.metrics.read(scope, metric, range, unit);
    const points = byUnit.get([...byUnit.keys()].sort()[0] ?? "") ?? new Map<number, MetricPoint>();
    const of = statisticOf(statistic ?? extended ?? "");
    return places(count, (at) => {
      const from = end - (at + 1) * step;
      let merged: MetricPoint | undefined;
      for (let time = from; time < from + step; time += tick) {
        const point = points.get(time);
        if (point) merged = merged ? mergePoints(merged, point) : point;
      }
      const value = merged && of?.(merged, step / 1000);
      return { time: from, value, ...(merged ? { samples: merged.count } : {}) };
    });
  }
}

const places = (count: number, of: (at: number) => Looked): Looked[] =>
  Array.from({ length: count }, (_, at) => of(at));

const keyOf = ({ account, region }: Scope, name: string): string => `${account}/${region}/${name}`;

export const periodOf = ({ rule }: MetricAlarm): number =>
  rule.period ??
  Math.max(1, ...(rule.queries ?? []).flatMap(({ stat, period }) => stat?.period ?? period ?? 60));
