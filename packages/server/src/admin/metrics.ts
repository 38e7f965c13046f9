/** The platform's numbers in memory, and as Prometheus text: https://prometheus.io/docs/instrumenting/exposition_formats/ */

/** What a number is about: `FunctionName`, ... */
type Dimensions = Readonly<Record<string, string>>;

/** Series of one name: functions that come later are counted together, under no dimensions. */
const MAX_SERIES = 10_000;
/** Upper bounds of what is observed, a factor of two or so apart: milliseconds up to a day. */
const BOUNDS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 1_800_000, 3_600_000, 21_600_000, 86_400_000,
];

interface Series {
  /** `{FunctionName="f"}`, or nothing. */
  readonly labels: string;
  sum: number;
  /** How many values were at most each of the bounds, and how many there were; absent for counters. */
  readonly buckets?: number[];
}

interface Family {
  readonly kind: "counter" | "histogram";
  readonly series: Map<string, Series>;
}

/** Counts and distributions since the platform started. Recording never fails. */
export class Metrics {
  readonly #families = new Map<string, Family>();

  count(name: string, dimensions: Dimensions, value = 1): void {
    this.#series(name, "counter", dimensions).sum += value;
  }

  observe(name: string, dimensions: Dimensions, value: number): void {
    const series = this.#series(name, "histogram", dimensions);
    series.sum += value;
    const bound = BOUNDS.findIndex((most) => value <= most);
    const buckets = series.buckets ?? [];
    const at = bound === -1 ? BOUNDS.length : bound;
    buckets[at] = (buckets[at] ?? 0) + 1;
  }

  /** All numbers, by name. */
  text(): string {
    return [...this.#families]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, { kind, series }]) => {
        const full = kind === "counter" ? `${snake(name)}_total` : snake(name);
        const lines = [...series.values()].flatMap((one) => linesOf(full, one));
        return [`# TYPE ${full} ${kind}`, ...lines];
      })
      .map((line) => `${line}\n`)
      .join("");
  }

  #series(name: string, kind: Family["kind"], dimensions: Dimensions): Series {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { kind, series: new Map() };
      this.#families.set(name, family);
    }
    const key = Object.values(dimensions).join("\n");
    return family.series.get(key) ?? opened(family, key, dimensions);
  }
}

function opened({ kind, series }: Family, key: string, dimensions: Dimensions): Series {
  const full = series.size >= MAX_SERIES;
  const known = full ? series.get("") : undefined;
  if (known !== undefined) return known;
  const labels = full ? "" : labelsOf(dimensions);
  const buckets = kind === "histogram" ? { buckets: new Array(BOUNDS.length + 1).fill(0) } : {};
  const made: Series = { labels, sum: 0, ...buckets };
  series.set(full ? "" : key, made);
  return made;
}

function linesOf(name: string, { labels, sum, buckets }: Series): string[] {
  if (buckets === undefined) return [`${name}${labels} ${sum}`];
  let count = 0;
  const lines = buckets.map((here, at) => {
    count += here;
    const bound = `le="${BOUNDS[at] ?? "+Inf"}"`;
    const all = labels === "" ? `{${bound}}` : `${labels.slice(0, -1)},${bound}}`;
    return `${name}_bucket${all} ${count}`;
  });
  return [...lines, `${name}_sum${labels} ${sum}`, `${name}_count${labels} ${count}`];
}

function labelsOf(dimensions: Dimensions): string {
  const all = Object.entries(dimensions).map(
    ([name, value]) => `${label(name)}="${value.replace(/[\\"\n]/g, escaped)}"`,
  );
  return all.length === 0 ? "" : `{${all.join(",")}}`;
}

const escaped = (character: string): string => (character === "\n" ? "\\n" : `\\${character}`);

/** `AsyncEventAge` as `yunque_async_event_age`. */
const snake = (name: string): string => `yunque_${label(name)}`;
const label = (name: string): string =>
  name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
