/** What a handler's init time is made of. */
import type { MeasuredModule, ModulePlace } from "@yunque/server/package-tools";
import { packageOf } from "../bundle/package-of.ts";
import { median } from "./median.ts";
import type { TracedRun } from "./rounds.ts";

/** Times are in milliseconds. */
export interface InitTimes {
  /** Median without instruments: what an invocation would wait for. */
  readonly ms: number;
  /** Every run of it. */
  readonly runs: readonly number[];
  /** Median with instruments. */
  readonly tracedMs: number;
  /** What the parts below add up to: medians of each, so that a hiccup of the machine is nobody's. */
  readonly selfMs: number;
  /** The slowest first. */
  readonly parts: readonly InitPart[];
  readonly modules: readonly TimedModule[];
}

export interface InitPart {
  /** Of the dependency; empty for the function's own code and for Node.js itself. */
  readonly name: string;
  readonly origin: ModulePlace["origin"];
  /** Its directory below its origin's root; empty where there is none. */
  readonly directory: string;
  readonly modules: number;
  readonly selfMs: number;
  /** With all that was loaded because of it. */
  readonly totalMs: number;
}

export interface TimedModule extends ModulePlace {
  readonly selfMs: number;
  readonly totalMs: number;
  readonly importer?: ModulePlace;
}

/** @param runs milliseconds without instruments. */
export function initTimes(runs: readonly number[], traced: readonly TracedRun[]): InitTimes {
  const modules = withTotals(typical(traced.map((one) => one.modules)));
  return {
    ms: median(runs),
    runs,
    tracedMs: median(traced.map(({ ms }) => ms)),
    selfMs: modules.reduce((all, { selfMs }) => all + selfMs, 0),
    parts: partsOf(modules).sort((a, b) => b.selfMs - a.selfMs),
    modules,
  };
}

const keyOf = ({ origin, path }: ModulePlace): string => `${origin}:${path}`;

/** Each module with the median of its times. */
function typical(runs: readonly (readonly MeasuredModule[])[]): MeasuredModule[] {
  const all = Map.groupBy(runs.flat(), keyOf);
  return [...all.values()].flatMap((same) => {
    const [first] = same;
    return first ? [{ ...first, selfMs: median(same.map(({ selfMs }) => selfMs)) }] : [];
  });
}

/** What a module costs is what goes away with it: itself, and all that was loaded first because of it. */
function withTotals(modules: readonly MeasuredModule[]): TimedModule[] {
  const totals = new Map(modules.map((module) => [keyOf(module), module.selfMs]));
  const byKey = new Map(modules.map((module) => [keyOf(module), module]));
  for (const module of modules)
    for (const above of ancestors(module, byKey))
      totals.set(keyOf(above), (totals.get(keyOf(above)) ?? 0) + module.selfMs);
  return modules
    .map((module) => ({ ...module, totalMs: totals.get(keyOf(module)) ?? module.selfMs }))
    .sort((a, b) => b.selfMs - a.selfMs);
}

/** From who asked for it up to the handler. */
function* ancestors<T extends { readonly importer?: ModulePlace }>(
  module: T & ModulePlace,
  byKey: ReadonlyMap<string, T & ModulePlace>,
): Generator<T & ModulePlace> {
  const seen = new Set([keyOf(module)]); // strangers told who imports whom: it may be a circle
  for (let at = module.importer; at !== undefined && !seen.has(keyOf(at)); ) {
    seen.add(keyOf(at));
    const above = byKey.get(keyOf(at));
    if (above === undefined) return;
    yield above;
    at = above.importer;
  }
}

function partsOf(modules: readonly TimedModule[]): InitPart[] {
  const byKey = new Map(modules.map((module) => [keyOf(module), module]));
  const parts = new Map<string, InitPart>();
  const add = (
    module: TimedModule,
    change: { modules: number; selfMs: number; totalMs: number },
  ): void => {
    const key = partKey(module);
    const before = parts.get(key);
    const place = placeOf(module);
    parts.set(key, {
      ...place,
      modules: (before?.modules ?? 0) + change.modules,
      selfMs: (before?.selfMs ?? 0) + change.selfMs,
      totalMs: (before?.totalMs ?? 0) + change.totalMs,
    });
  };
  for (const module of modules) {
    const key = partKey(module);
    add(module, { modules: 1, selfMs: module.selfMs, totalMs: module.selfMs });
    const above = new Map([...ancestors(module, byKey)].map((one) => [partKey(one), one]));
    above.delete(key);
    for (const one of above.values()) add(one, { modules: 0, selfMs: 0, totalMs: module.selfMs });
  }
  return [...parts.values()];
}

/** Dependencies are told apart by their directory; what the runtime and Node.js bring is one part each. */
function placeOf({ origin, path }: ModulePlace): Pick<InitPart, "name" | "origin" | "directory"> {
  const found = origin === "node" || origin === "runtime" ? undefined : packageOf(path);
  return { origin, name: found?.name ?? "", directory: found?.directory ?? "" };
}

function partKey(module: ModulePlace): string {
  const { origin, directory } = placeOf(module);
  return `${origin}:${directory}`;
}
