/** SEARCH: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html, terms that all must fit. */
import type { Expression } from "../../domain/metric-math.ts";
import { refused } from "./errors.ts";
import type { Series } from "./model.ts";

export interface Search {
  readonly text: string;
  readonly stat: string;
  /** Seconds. */
  readonly period: number | undefined;
}

/** CloudWatch: so many metrics are searched out at most. */
const MAX_FOUND = 500;

/** The searches of an expression. @throws YunqueError where one is not written out. */
export function searchesIn(expression: Expression): Search[] {
  switch (expression.kind) {
    case "call": {
      if (expression.name !== "SEARCH") return expression.args.flatMap(searchesIn);
      const [text, stat, period] = expression.args;
      if (text?.kind !== "text" || stat?.kind !== "text")
        throw refused("SEARCH needs a text and a statistic.");
      return [
        {
          text: text.value,
          stat: stat.value,
          period: period?.kind === "number" ? period.value : undefined,
        },
      ];
    }
    case "binary":
      return [...searchesIn(expression.left), ...searchesIn(expression.right)];
    case "negative":
      return searchesIn(expression.of);
    case "list":
      return expression.items.flatMap(searchesIn);
    default:
      return [];
  }
}

const SCHEMA = /^\s*\{([^}]*)\}/;
const TERM = /(NOT\s+)?(?:([\w./:-]+)\s*=\s*)?(?:"([^"]*)"|([^\s"()]+))/g;

/** The metrics that fit, in order of their dimensions. */
export function searchSeries({ text }: Search, all: readonly Series[]): Series[] {
  const schema = SCHEMA.exec(text)?.[1];
  const [namespace, ...names] = (schema ?? "").split(",").map((part) => unquoted(part.trim()));
  const terms = [...text.replace(SCHEMA, "").matchAll(TERM)].filter(([term]) => term !== "AND");
  const fits = (series: Series): boolean => {
    if (schema !== undefined) {
      if (series.namespace !== namespace || series.dimensions.length !== names.length) return false;
      if (!names.every((name) => series.dimensions.some((one) => one.Name === name))) return false;
    }
    return terms.every(([, not, key, exact, partial]) => {
      const found = valuesOf(series, key).some((value) =>
        exact === undefined
          ? value.toLowerCase().includes((partial ?? "").toLowerCase())
          : value === exact,
      );
      return not === undefined ? found : !found;
    });
  };
  const sortKey = ({ dimensions, name }: Series) =>
    JSON.stringify([name, ...dimensions.map(({ Value }) => Value)]);
  return all
    .filter(fits)
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
    .slice(0, MAX_FOUND);
}

function valuesOf({ namespace, name, dimensions }: Series, key: string | undefined): string[] {
  const own = dimensions.map(({ Value }) => Value);
  switch (key) {
    case undefined:
      return [namespace, name, ...own, ...dimensions.map(({ Name }) => Name)];
    case "MetricName":
      return [name];
    case "Namespace":
      return [namespace];
    default:
      return dimensions.filter(({ Name }) => Name === key).map(({ Value }) => Value);
  }
}

const unquoted = (text: string): string => text.replace(/^"(.*)"$/, "$1");
