/** Brings the configuration's outside sources, a file and lists of strings, into the shape of yunque.json. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  ConfigError,
  type ConfigSources,
  type EffectiveConfig,
  PATHS,
  parseConfig,
  place,
  type Setting,
  settings,
  valueAt,
} from "./config.ts";
import { nearest } from "./nearest.ts";

export {
  type Config,
  ConfigError,
  type EffectiveConfig,
  type Setting,
  settings,
  valueAt,
} from "./config.ts";

/** The file that is read where none is named and this one is there. */
export const CONFIG_FILE = "yunque.json";

/** Variables of our own that are no settings: the launcher's clock, and how the CLI finds the platform. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  "YUNQUE_STARTED",
  "YUNQUE_CONFIG",
  "YUNQUE_ENDPOINT",
]);

export interface ConfigPlaces {
  /** The working directory. */
  readonly directory: string;
  /** `process.env` */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Flags as given, by the setting's name: `{ "instances.max": "5" }`. */
  readonly flags: Readonly<Record<string, string>>;
  /** `--config FILE`; it must be there. */
  readonly file?: string | undefined;
}

/**
 * Reads every source and parses them.
 * @throws ConfigError where the file cannot be read or anything in it is wrong.
 */
export function loadConfig(places: ConfigPlaces): EffectiveConfig & { readonly file?: string } {
  const named = places.file ?? places.environment["YUNQUE_CONFIG"];
  const path = resolve(places.directory, named ?? CONFIG_FILE);
  const file = readConfigFile(path, named !== undefined);
  const { values, warnings } = fromEnvironment(places.environment);
  const sources: ConfigSources = {
    directory: places.directory,
    file,
    environment: values,
    flag: fromStrings(places.flags),
  };
  const effective = parseConfig(sources);
  return {
    ...effective,
    warnings: [...effective.warnings, ...warnings],
    ...(file === undefined ? {} : { file: path }),
  };
}

/** The file's content without `$schema`, its paths made absolute; undefined where there is none. */
function readConfigFile(path: string, required: boolean): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ConfigError([`file: cannot read ${path}: ${(error as Error).message}`]);
  }
  const content = parseJson(path, text);
  if (typeof content !== "object" || content === null || Array.isArray(content)) return content;
  const { $schema: _, ...values } = content as Record<string, unknown>;
  for (const name of PATHS) {
    const given = valueAt(values, name);
    if (typeof given === "string" && given !== "")
      place(values, name, resolve(dirname(path), given));
  }
  return values;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError([`file: ${path} is no valid JSON: ${(error as Error).message}`]);
  }
}

/** An unknown variable is a warning only: unlike a file or a flag, an environment is shared with others. */
function fromEnvironment(environment: ConfigPlaces["environment"]): {
  values: unknown;
  warnings: string[];
} {
  const given: Record<string, string> = {};
  const variables = new Map(settings.map((setting) => [setting.variable, setting.name]));
  const warnings: string[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith("YUNQUE_") || text === undefined || text === "") continue;
    const name = variables.get(variable);
    if (name !== undefined) given[name] = text;
    else if (!OTHER_VARIABLES.has(variable)) {
      const guess = nearest(variable, [...variables.keys()]);
      warnings.push(
        `environment: ${variable} is no setting${guess ? `; did you mean ${guess}?` : ""}`,
      );
    }
  }
  return { values: fromStrings(given), warnings };
}

/** What a setting's text means; what means nothing stays text, and the schema refuses it. */
function meaning(type: Setting["type"], text: string): unknown {
  if (type === "boolean") return text === "true" || (text === "false" ? false : text);
  const number = type === "number" && text.trim() !== "" ? Number(text) : Number.NaN;
  return Number.isNaN(number) ? text : number;
}

function fromStrings(given: Readonly<Record<string, string>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, type } of settings) {
    const text = given[name];
    if (text === undefined) continue;
    place(values, name, meaning(type, text));
  }
  return values;
}
