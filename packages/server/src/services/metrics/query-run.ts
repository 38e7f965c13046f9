/** Reads what queries are about, and works out their expressions. */

import { idsIn, MathError, type MathValue } from "../../domain/metric-math.ts";
import { evaluate, type MathContext } from "../../domain/metric-math-evaluate.ts";
import { statisticOf } from "../../domain/metric-statistic.ts";
import type { Scope } from "../../domain/scope.ts";
import { refused } from "./errors.ts";
import { dynamicLabel, labelOf } from "./labels.ts";
import type { CheckedQuery, MetricStat, QueryResult } from "./queries.ts";
import { type Search, searchesIn, searchSeries } from "./search.ts";
import type { MetricStore } from "./store.ts";

interface Span {
  readonly from: number;
  readonly to: number;
}

type Series = Extract<MathValue, { kind: "series" }>;
type Read = Series & { readonly units: readonly string[] };

/** CloudWatch: a period that nobody names. */
const PERIOD = 60;

export async function runQueries(
  store: MetricStore,
  scope: Scope,
  queries: readonly CheckedQuery[],
  span: Span,
): Promise<QueryResult[]> {
  const stats = queries.flatMap(({ stat }) => stat ?? []);
  const read = new Map<string, Read>();
  for (const { id, stat } of queries)
    if (stat) read.set(id, await readStat(store, scope, stat, labelOf(stat, stats), span));
  const found = await searchAll(store, scope, queries, span);
  const values = new Map<string, MathValue>();
  const under = new Set<string>();

  function worth(id: string): MathValue {
    const known = values.get(id) ?? read.get(id);
    if (known) return known;
    const query = queries.find((one) => one.id === id);
    if (!query?.parsed) throw new MathError(`there is no ${id}`);
    if (under.has(id)) throw new MathError(`${id} is made of itself`);
    under.add(id);
    const value = evaluate(query.parsed, contextOf(query));
    under.delete(id);
    values.set(id, value);
    return value;
  }

  function contextOf(query: CheckedQuery): MathContext {
    return {
      ...span,
      period: periodOf(query),
      value: worth,
      metrics: (containing) =>
        [...read].filter(([id]) => id.includes(containing)).map(([, series]) => series),
      search: (...words) => found.get(JSON.stringify(words)) ?? [],
    };
  }

  function periodOf(query: CheckedQuery): number {
    if (query.period !== undefined) return query.period;
    const ids = new Set(query.parsed ? idsIn(query.parsed) : []);
    const used = queries.flatMap(({ id, stat }) => (stat && ids.has(id) ? stat.period : []));
    return used.length > 0 ? Math.max(...used) : (stats[0]?.period ?? PERIOD);
  }

  return queries.filter(({ returned }) => returned).flatMap(resultsOf);

  function resultsOf(query: CheckedQuery): QueryResult[] {
    const { id, stat, label } = query;
    const named = (one: Series, automatic: string): QueryResult => ({
      id,
      label: label === undefined ? automatic : dynamicLabel(label, automatic, one.points, stat),
      points: one.points,
    });
    const own = read.get(id);
    if (own) {
      const result = named(own, own.label);
      return [own.units.length > 1 ? { ...result, units: own.units } : result];
    }
    try {
      const value = worth(id);
      if (value.kind === "list") return value.all.map((one) => named(one, one.label));
      if (value.kind === "series") return [named(value, id)];
      throw new MathError("the result is no time series");
    } catch (error) {
      if (!(error instanceof MathError)) throw error;
      throw refused(`Error in expression '${id}': ${error.message}`);
    }
  }
}

async function searchAll(
  store: MetricStore,
  scope: Scope,
  queries: readonly CheckedQuery[],
  span: Span,
): Promise<Map<string, Read[]>> {
  const found = new Map<string, Read[]>();
  for (const { parsed, period: own } of queries)
    for (const search of parsed ? searchesIn(parsed) : []) {
      const { text, stat, period } = search;
      if (statisticOf(stat) === undefined)
        throw refused(`The value ${stat} of SEARCH is no statistic.`);
      const key = JSON.stringify([text, stat, period]);
      if (!found.has(key))
        found.set(key, await searched(store, scope, search, period ?? own ?? 300, span));
    }
  return found;
}

async function searched(
  store: MetricStore,
  scope: Scope,
  search: Search,
  period: number,
  span: Span,
): Promise<Read[]> {
  const all = searchSeries(search, await store.metrics(scope)).map((metric) => ({
    metric,
    period,
    stat: search.stat,
  }));
  const read: Read[] = [];
  for (const one of all) read.push(await readStat(store, scope, one, labelOf(one, all), span));
  return read;
}

/** A metric's statistic over time; of the first of its units where it has several and none was asked for. */
export async function readStat(
  store: MetricStore,
  scope: Scope,
  { metric, period, stat, unit }: MetricStat,
  label: string,
  { from, to }: Span,
): Promise<Read> {
  const step = period * 1000;
  const start = Math.floor(from / step) * step;
  const byUnit = await store.read(scope, metric, { from: start, to, period: step }, unit);
  const units = [...byUnit.keys()].sort();
  const statistic = statisticOf(stat);
  const points = new Map<number, number>();
  for (const [time, point] of byUnit.get(units[0] ?? "") ?? []) {
    const value = statistic?.(point, period);
    if (value !== undefined) points.set(time, value);
  }
  return { kind: "series", label, points, units };
}
