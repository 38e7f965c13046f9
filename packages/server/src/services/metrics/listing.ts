/** Pages of listings, with tokens that belong to one listing. */
import type { Scope } from "../../domain/scope.ts";
import { metricsError } from "./errors.ts";
import type { MetricName, Series } from "./model.ts";
import { metricKey } from "./spaces.ts";
import type { MetricStore } from "./store.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Where more follow. */
  readonly token?: string;
}

/** A page of items in order of their keys; `of` names the listing. @throws YunqueError `MetricsTokenInvalid`. */
export function paged<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  {
    of,
    size,
    token,
  }: { readonly of: string; readonly size: number; readonly token?: string | undefined },
): Page<T> {
  const after = token === undefined ? undefined : openToken(of, token);
  const sorted = items
    .map((item) => [keyOf(item), item] as const)
    .filter(([key]) => after === undefined || key > after)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const page = sorted.slice(0, size);
  const last = page.at(-1);
  return {
    items: page.map(([, item]) => item),
    ...(sorted.length > size && last ? { token: sealToken(of, last[0]) } : {}),
  };
}

const sealToken = (of: string, after: string): string =>
  Buffer.from(JSON.stringify([of, after])).toString("base64url");

function openToken(of: string, token: string): string {
  try {
    const [listing, after] = JSON.parse(Buffer.from(token, "base64url").toString()) as unknown[];
    if (listing === of && typeof after === "string") return after;
  } catch {
    // no token of ours
  }
  throw metricsError("MetricsTokenInvalid", "Request parameter NextToken is invalid");
}

export interface MetricFilter {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly dimensions: readonly { readonly Name: string; readonly Value?: string | undefined }[];
  /** Only those that were told of within three hours. */
  readonly recent: boolean;
  readonly token?: string | undefined;
}

const PAGE = 500;
const THREE_HOURS = 3 * 3_600_000;

/** ListMetrics: those that were told of within two weeks. */
export async function listMetrics(
  store: MetricStore,
  scope: Scope,
  { namespace, name, dimensions, recent, token }: MetricFilter,
  now: number,
): Promise<Page<MetricName>> {
  const fits = (series: Series): boolean =>
    (namespace === undefined || series.namespace === namespace) &&
    (name === undefined || series.name === name) &&
    dimensions.every(({ Name, Value }) =>
      series.dimensions.some(
        (one) => one.Name === Name && (Value === undefined || one.Value === Value),
      ),
    );
  const found: MetricName[] = [];
  for (const series of await store.metrics(scope)) {
    if (!fits(series)) continue;
    if (recent) {
      const range = { from: now - THREE_HOURS, to: now + THREE_HOURS, period: 60_000 };
      if ((await store.read(scope, series, range)).size === 0) continue;
    }
    found.push(series);
  }
  return paged(found, metricKey, { of: "metrics", size: PAGE, token });
}
