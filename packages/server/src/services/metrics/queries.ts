/** GetMetricData: metrics and expressions over them. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
import { createHash } from "node:crypto";
import {
  type Expression,
  idsIn,
  MathError,
  parseExpression,
  type TimeSeries,
} from "../../domain/metric-math.ts";
import { statisticOf } from "../../domain/metric-statistic.ts";
import type { Scope } from "../../domain/scope.ts";
import { invalid, metricsError, refused } from "./errors.ts";
import type { MetricName } from "./model.ts";
import { runQueries } from "./query-run.ts";
import type { MetricStore } from "./store.ts";

export interface MetricStat {
  readonly metric: MetricName;
  /** Seconds. */
  readonly period: number;
  readonly stat: string;
  readonly unit?: string | undefined;
}

export interface Query {
  readonly id: string;
  readonly stat?: MetricStat | undefined;
  readonly expression?: string | undefined;
  readonly label?: string | undefined;
  readonly returned: boolean;
  /** Of an expression, in seconds. */
  readonly period?: number | undefined;
}

/** A query that was read. */
export interface CheckedQuery extends Query {
  readonly parsed?: Expression;
}

export interface DataRequest {
  readonly queries: readonly Query[];
  readonly from: number;
  readonly to: number;
  readonly ascending: boolean;
  readonly maxDatapoints?: number | undefined;
  readonly token?: string | undefined;
}

export interface QueryResult {
  readonly id: string;
  readonly label: string;
  readonly points: TimeSeries;
  /** Several units were there, and the first of them was taken. */
  readonly units?: readonly string[];
}

export interface DataResult extends Omit<QueryResult, "points"> {
  readonly complete: boolean;
  readonly points: readonly (readonly [time: number, value: number])[];
}

const MAX_QUERIES = 500;
const MAX_DATAPOINTS = 100_800;
const ID = /^[a-z][a-zA-Z0-9_]*$/;

export async function getMetricData(
  store: MetricStore,
  scope: Scope,
  request: DataRequest,
): Promise<{ readonly results: readonly DataResult[]; readonly token?: string }> {
  const { from, to, maxDatapoints = MAX_DATAPOINTS } = request;
  if (request.queries.length > MAX_QUERIES)
    throw refused(
      `The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`,
    );
  if (!(from < to))
    throw refused("The parameter StartTime must be less than the parameter EndTime.");
  if (maxDatapoints < 1 || maxDatapoints > MAX_DATAPOINTS)
    throw refused(
      `The value ${maxDatapoints} for parameter MaxDatapoints must be between 1 and ${MAX_DATAPOINTS}.`,
    );
  const queries = checkQueries(request.queries);
  const results = await runQueries(store, scope, queries, { from, to });
  return pageOf(results, request, maxDatapoints);
}

/** Reads queries. @throws YunqueError where one is not right. */
export function checkQueries(queries: readonly Query[]): CheckedQuery[] {
  if (queries.length === 0) throw refused("At least one MetricDataQuery is required.");
  const ids = new Set(queries.map(({ id }) => id));
  if (ids.size !== queries.length)
    throw refused("The values for parameter id in MetricDataQueries are not unique.");
  const checked = queries.map((query, at) => checkQuery(query, at + 1));
  for (const { id, parsed } of checked)
    for (const other of parsed ? idsIn(parsed) : [])
      if (!ids.has(other) && !["REPEAT", "LINEAR"].includes(other))
        throw refused(
          `Error in expression '${id}': Undefined variable '${other}' in the expression`,
        );
  return checked;
}

function checkQuery(query: Query, number: number): CheckedQuery {
  const at = `MetricDataQueries.member.${number}`;
  const { id, stat, expression } = query;
  if (!ID.test(id))
    throw refused(
      `The value ${id} for the parameter ${at}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
    );
  if ((stat === undefined) === (expression === undefined))
    throw refused(`Exactly one of ${at}.MetricStat and ${at}.Expression must be given.`);
  if (stat !== undefined) {
    checkPeriod(stat.period, `${at}.MetricStat.Period`);
    if (statisticOf(stat.stat) === undefined)
      throw refused(`The value ${stat.stat} for parameter ${at}.MetricStat.Stat is not supported.`);
    return query;
  }
  if (query.period !== undefined) checkPeriod(query.period, `${at}.Period`);
  try {
    return { ...query, parsed: parseExpression(expression ?? "") };
  } catch (error) {
    if (!(error instanceof MathError)) throw error;
    throw refused(`Error in expression '${id}': Invalid syntax: ${error.message}`);
  }
}

/** CloudWatch: 1, 5, 10, 20, 30 or a multiple of 60. */
export function checkPeriod(period: number, at: string): void {
  if (![1, 5, 10, 20, 30].includes(period) && (period < 60 || period % 60 !== 0))
    throw invalid(
      `The value ${period} for parameter ${at} is invalid: it must be 1, 5, 10, 20, 30 or a multiple of 60.`,
    );
}

function pageOf(results: readonly QueryResult[], request: DataRequest, max: number) {
  const digest = digestOf(request);
  let [at, skipped] = openToken(request.token, digest);
  let room = max;
  const page: DataResult[] = [];
  for (; at < results.length; at += 1, skipped = 0) {
    const { points, ...one } = results[at] as QueryResult;
    const sorted = [...points].sort(([a], [b]) => (request.ascending ? a - b : b - a));
    const rest = sorted.slice(skipped);
    if (room === 0 && rest.length > 0) break;
    const taken = rest.slice(0, room);
    room -= taken.length;
    const complete = taken.length === rest.length;
    page.push({ ...one, complete, points: taken });
    if (!complete) {
      skipped += taken.length;
      break;
    }
  }
  if (at >= results.length) return { results: page };
  return { results: page, token: sealToken(digest, at, skipped) };
}

const digestOf = ({ queries, from, to, ascending }: DataRequest): string =>
  createHash("sha256")
    .update(JSON.stringify([queries, from, to, ascending]))
    .digest("base64url")
    .slice(0, 16);

const sealToken = (...words: readonly [string, number, number]): string =>
  Buffer.from(JSON.stringify(words)).toString("base64url");

function openToken(token: string | undefined, digest: string): [number, number] {
  if (token === undefined) return [0, 0];
  try {
    const [of, at, skipped] = JSON.parse(Buffer.from(token, "base64url").toString()) as unknown[];
    if (of === digest && Number.isSafeInteger(at) && Number.isSafeInteger(skipped))
      return [at as number, skipped as number];
  } catch {
    // no token of ours
  }
  throw metricsError("MetricsTokenInvalid", "Invalid nextToken");
}
