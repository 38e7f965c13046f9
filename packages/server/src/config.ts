/**
 * The platform's configuration, parsed once at the edge and typed afterwards. Later sources win:
 * defaults < yunque.json < environment < flags.
 */
import { resolve } from "node:path";
import { type Config, configSchema, settings } from "./config-schema.ts";
import { nearest } from "./nearest.ts";

export { type Config, type Setting, settings } from "./config-schema.ts";

/** Settings that are paths: relative to the file that names them, else to the working directory. */
export const PATHS = ["dataDir", "tls.cert", "tls.key"] as const;

/** Where a setting's value came from. */
export type ConfigSource = "default" | "file" | "environment" | "flag";

/** What each source says, in the shape of yunque.json; unchecked. */
export interface ConfigSources {
  readonly file?: unknown;
  readonly environment?: unknown;
  readonly flag?: unknown;
  /** Relative paths are relative to this one. */
  readonly directory: string;
}

/** The configuration, and how it came about. */
export interface EffectiveConfig {
  readonly config: Config;
  /** By the setting's name (`instances.max`). */
  readonly origin: Readonly<Record<string, ConfigSource>>;
  /** What is allowed, but wants a second thought. */
  readonly warnings: readonly string[];
}

/** The configuration cannot be used: each problem names its source and its key, and says what would do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/**
 * Checks every source and merges them, setting by setting. Pure: reads neither disk nor environment.
 * @throws ConfigError with all problems at once.
 */
export function parseConfig(sources: ConfigSources): EffectiveConfig {
  const origin: Record<string, ConfigSource> = {};
  const merged: Tree = {};
  const problems: string[] = [];
  for (const { name } of settings) origin[name] = "default";
  for (const source of ["file", "environment", "flag"] as const) {
    const values = sources[source];
    if (values === undefined) continue;
    problems.push(...problemsOf(source, values));
    for (const { name } of settings) {
      const value = valueAt(values, name);
      if (value === undefined) continue;
      place(merged, name, value);
      origin[name] = source;
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const config = configSchema.parse(merged);
  for (const name of PATHS) {
    const path = valueAt(config, name);
    if (typeof path === "string") place(config, name, resolve(sources.directory, path));
  }
  return { config, origin, warnings: warningsOf(config) };
}

/** The configuration as anybody may see it. */
export function publicConfig(config: Config): Readonly<Record<string, unknown>> {
  const shown = structuredClone(config) as Tree;
  for (const { name, secret } of settings) {
    const [last = "", ...path] = name.split(".").reverse();
    const inner = path.length === 0 ? shown : valueAt(shown, path.reverse().join("."));
    if (secret && isTree(inner)) delete inner[last];
  }
  return shown;
}

/** Whether an address is reachable from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A nested object of settings: `{ port: 1, instances: { max: 2 } }`. */
interface Tree {
  [key: string]: unknown;
}

/** The value of a setting in an object of yunque.json's shape. */
export function valueAt(values: unknown, name: string): unknown {
  let value = values;
  for (const key of name.split("."))
    value = isTree(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

/** Sets a setting in an object of yunque.json's shape. `name` is one of `settings`, never outside input. */
export function place(tree: Tree, name: string, value: unknown): void {
  const [head = "", ...rest] = name.split(".");
  if (rest.length === 0) tree[head] = value;
  else {
    const inner = isTree(tree[head]) ? tree[head] : {};
    place(inner, rest.join("."), value);
    tree[head] = inner;
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function problemsOf(source: ConfigSource, values: unknown): string[] {
  return (configSchema.safeParse(values).error?.issues ?? []).flatMap((issue) => {
    const at = issue.path.join(".");
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => `${source}: ${unknownSetting(at ? `${at}.${key}` : key)}`);
    return [`${source}: ${spelled(source, at)}: ${issue.message}`];
  });
}

/** Says that there is no such setting, and which one may have been meant. */
export function unknownSetting(name: string): string {
  const names = settings.map((setting) => setting.name);
  const guess = nearest(name, names);
  return `there is no setting ${JSON.stringify(name)}; ${
    guess ? `did you mean "${guess}"?` : `there are: ${names.join(", ")}`
  }`;
}

/** A setting as it is written in its source. */
function spelled(source: ConfigSource, name: string): string {
  const setting = settings.find((one) => one.name === name);
  const spelling = { environment: setting?.variable, flag: setting?.flag };
  return (
    (source in spelling ? spelling[source as "flag"] : undefined) ?? (name || "the whole file")
  );
}

function warningsOf(config: Config): string[] {
  if (isLoopback(config.host)) return [];
  return [`listening on ${config.host}: whoever reaches this address can run code on this machine`];
}
