/** Works out an expression of metric math. */
import { type Expression, MathError, type MathValue } from "./metric-math.ts";

type Series = Extract<MathValue, { kind: "series" }>;

export interface MathContext {
  /** What an id stands for. @throws MathError where it stands for nothing. */
  value(id: string): MathValue;
  /** All that are no expressions: METRICS(), METRICS("text"). */
  metrics(containing: string): readonly Series[];
  /** SEARCH: its whole text, the statistic and the period in seconds. */
  search(query: string, statistic: string, period: number | undefined): readonly Series[];
  /** Seconds. */
  readonly period: number;
  readonly from: number;
  readonly to: number;
}

const scalar = (value: number): MathValue => ({ kind: "scalar", value });

/** @throws MathError */
export function evaluate(expression: Expression, context: MathContext): MathValue {
  switch (expression.kind) {
    case "number":
      return scalar(expression.value);
    case "text":
      throw new MathError("a text stands where a number is needed");
    case "id":
      return context.value(expression.name);
    case "negative":
      return map(evaluate(expression.of, context), (value) => -value);
    case "list":
      return {
        kind: "list",
        all: expression.items.flatMap((one) => seriesOf(evaluate(one, context))),
      };
    case "binary":
      return binary(
        expression.operator,
        evaluate(expression.left, context),
        evaluate(expression.right, context),
      );
    case "call":
      return call(expression.name, expression.args, context);
  }
}

const seriesOf = (value: MathValue): readonly Series[] => {
  if (value.kind === "list") return value.all;
  if (value.kind === "series") return [value];
  throw new MathError("a number stands where metrics are needed");
};

function map(value: MathValue, by: (value: number, time: number) => number | undefined): MathValue {
  if (value.kind === "scalar") return scalar(by(value.value, 0) ?? 0);
  if (value.kind === "list") return { kind: "list", all: value.all.map((one) => mapped(one, by)) };
  return mapped(value, by);
}

function mapped(series: Series, by: (value: number, time: number) => number | undefined): Series {
  const points = new Map<number, number>();
  for (const [time, value] of series.points) {
    const now = by(value, time);
    if (now !== undefined && Number.isFinite(now)) points.set(time, now);
  }
  return { ...series, points };
}

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  "<": (a, b) => Number(a < b),
  ">": (a, b) => Number(a > b),
  "<=": (a, b) => Number(a <= b),
  ">=": (a, b) => Number(a >= b),
  "&&": (a, b) => Number(a !== 0 && b !== 0),
  "||": (a, b) => Number(a !== 0 || b !== 0),
};

function binary(operator: string, left: MathValue, right: MathValue): MathValue {
  const symbol = operator === "AND" ? "&&" : operator === "OR" ? "||" : operator;
  const by = OPERATORS[symbol];
  if (by === undefined) throw new MathError(`there is no operator ${operator}`);
  if (left.kind === "scalar" && right.kind === "scalar") return scalar(by(left.value, right.value));
  if (right.kind === "scalar") return map(left, (value) => by(value, right.value));
  if (left.kind === "scalar") return map(right, (value) => by(left.value, value));
  if (left.kind === "list" && right.kind === "list") {
    if (left.all.length !== right.all.length)
      throw new MathError("two lists of different lengths are not calculated with");
    return { kind: "list", all: left.all.map((one, at) => both(one, right.all[at] ?? one, by)) };
  }
  if (left.kind === "list")
    return { kind: "list", all: left.all.map((one) => both(one, right as Series, by)) };
  if (right.kind === "list")
    return { kind: "list", all: right.all.map((one) => both(left, one, by)) };
  return both(left, right, by);
}

/** Only where both have a value there is a result. */
const both = (a: Series, b: Series, by: (a: number, b: number) => number): Series =>
  mapped(a, (value, time) => {
    const other = b.points.get(time);
    return other === undefined ? undefined : by(value, other);
  });

const FOLDS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
  STDDEV(values) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  },
};
const SIMPLE: Readonly<Record<string, (value: number) => number>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
  LOG: Math.log,
  LOG10: Math.log10,
};

function call(name: string, args: readonly Expression[], context: MathContext): MathValue {
  const given = (at: number): Expression => {
    const one = args[at];
    if (one === undefined) throw new MathError(`${name} needs more arguments`);
    return one;
  };
  const value = (at: number): MathValue => evaluate(given(at), context);
  const text = (at: number): string => {
    const one = given(at);
    if (one.kind !== "text") throw new MathError(`${name} needs a text`);
    return one.value;
  };
  const fold = Object.hasOwn(FOLDS, name) ? FOLDS[name] : undefined;
  if (fold) return folded(name, fold, value(0), context);
  const simple = Object.hasOwn(SIMPLE, name) ? SIMPLE[name] : undefined;
  if (simple) return map(value(0), simple);
  switch (name) {
    case "METRICS":
      return { kind: "list", all: context.metrics(args.length === 0 ? "" : text(0)) };
    case "METRIC_COUNT":
      return scalar(seriesOf(value(0)).length);
    case "RATE":
    case "DIFF":
    case "DIFF_TIME":
      return eachSeries(value(0), (one) => differences(name, one));
    case "RUNNING_SUM":
      return eachSeries(value(0), runningSum);
    case "PERIOD":
      return scalar(context.period);
    case "TIME_SERIES":
      return constant(value(0), context);
    case "FILL":
      return eachSeries(value(0), (one) => fill(one, given(1), context));
    case "IF":
      return choose(value(0), value(1), args.length > 2 ? value(2) : undefined, context);
    case "SEARCH": {
      const period = args.length > 2 ? value(2) : undefined;
      const seconds = period?.kind === "scalar" ? period.value : undefined;
      return { kind: "list", all: context.search(text(0), text(1), seconds) };
    }
    default:
      throw new MathError(`there is no function ${name}`);
  }
}

/** Of a list: by time over all of them, a series. Of a series: over its values, a number. */
function folded(
  name: string,
  fold: (values: readonly number[]) => number,
  value: MathValue,
  _context: MathContext,
): MathValue {
  if (value.kind === "scalar") return value;
  if (value.kind === "series")
    return scalar(value.points.size === 0 ? 0 : fold([...value.points.values()]));
  const times = new Map<number, number[]>();
  for (const { points } of value.all)
    for (const [time, one] of points) {
      const list = times.get(time);
      if (list) list.push(one);
      else times.set(time, [one]);
    }
  const points = new Map([...times].map(([time, all]) => [time, fold(all)] as const).sort(byTime));
  return { kind: "series", label: name, points };
}

const byTime = ([a]: readonly [number, number], [b]: readonly [number, number]): number => a - b;

const eachSeries = (value: MathValue, by: (series: Series) => Series): MathValue =>
  value.kind === "list"
    ? { kind: "list", all: value.all.map(by) }
    : by(seriesOf(value)[0] as Series);

function differences(name: string, series: Series): Series {
  const points = new Map<number, number>();
  let before: readonly [number, number] | undefined;
  for (const [time, value] of [...series.points].sort(byTime)) {
    if (before !== undefined) {
      const seconds = (time - before[0]) / 1000;
      const difference = value - before[1];
      points.set(
        time,
        name === "RATE" ? difference / seconds : name === "DIFF" ? difference : seconds,
      );
    }
    before = [time, value];
  }
  return { ...series, points };
}

function runningSum(series: Series): Series {
  let sum = 0;
  const points = [...series.points].sort(byTime).map(([time, value]) => {
    sum += value;
    return [time, sum] as const;
  });
  return { ...series, points: new Map(points) };
}

function timesOf({ from, to, period }: MathContext): number[] {
  const step = period * 1000;
  const times: number[] = [];
  for (let time = Math.floor(from / step) * step; time < to; time += step) times.push(time);
  return times;
}

function constant(value: MathValue, context: MathContext): MathValue {
  if (value.kind !== "scalar") throw new MathError("TIME_SERIES needs a number");
  const points = new Map(timesOf(context).map((time) => [time, value.value]));
  return { kind: "series", label: "TIME_SERIES", points };
}

function fill(series: Series, by: Expression, context: MathContext): Series {
  const with_ =
    by.kind === "id" && (by.name === "REPEAT" || by.name === "LINEAR")
      ? by.name
      : evaluate(by, context);
  const known = [...series.points].sort(byTime);
  const points = new Map<number, number>();
  for (const time of timesOf(context)) {
    const value = series.points.get(time) ?? missingAt(time, known, with_);
    if (value !== undefined) points.set(time, value);
  }
  return { ...series, points };
}

function missingAt(
  time: number,
  known: readonly (readonly [number, number])[],
  by: MathValue | "REPEAT" | "LINEAR",
): number | undefined {
  const before = known.findLast(([at]) => at < time);
  if (by === "REPEAT") return before?.[1];
  if (by === "LINEAR") {
    const after = known.find(([at]) => at > time);
    if (!before || !after) return undefined;
    const part = (time - before[0]) / (after[0] - before[0]);
    return before[1] + (after[1] - before[1]) * part;
  }
  return at(by, time);
}

const at = (value: MathValue, time: number): number | undefined =>
  value.kind === "scalar"
    ? value.value
    : value.kind === "series"
      ? value.points.get(time)
      : undefined;

function choose(
  condition: MathValue,
  yes: MathValue,
  no: MathValue | undefined,
  context: MathContext,
): MathValue {
  const chosen = (test: boolean): MathValue | undefined => (test ? yes : no);
  if (condition.kind === "scalar") {
    const value = chosen(condition.value !== 0);
    return value ?? { kind: "series", label: "IF", points: new Map() };
  }
  if (condition.kind === "list")
    return {
      kind: "list",
      all: condition.all.map((one) => choose(one, yes, no, context) as Series),
    };
  return mapped(condition, (value, time) => {
    const one = chosen(value !== 0);
    return one && at(one, time);
  });
}
