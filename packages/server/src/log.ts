/**
 * The platform's own log (not that of functions): one line an event, readable for people or JSON for machines.
 * Values may come from strangers: nothing in them can end a line, move a terminal's cursor or turn text around.
 */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Facts of an event beside its message; an Error is written with its stack. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly format: "text" | "json";
  /** Lower levels are not written. */
  readonly level: LogLevel;
  /** Receives whole lines, with their line ends. */
  readonly write: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** A log that writes each event of at least `level` as one line. */
export function createLog({ format, level, write, now = Date.now }: LogOptions): Log {
  const form = format === "json" ? jsonLine : textLine;
  const least = LEVELS.indexOf(level);
  const at =
    (name: LogLevel, rank: number) =>
    (message: string, fields: LogFields = {}) => {
      if (rank >= least) write(`${form(new Date(now()), name, message, fields)}\n`);
    };
  return {
    debug: at("debug", 0),
    info: at("info", 1),
    warn: at("warn", 2),
    error: at("error", 3),
  };
}

/** `{"time":"...","level":"info","message":"...",...fields}`; a field cannot replace the first three. */
function jsonLine(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const facts = Object.entries(fields).map(([key, value]) => [key, plain(value)]);
  const head = { time: time.toISOString(), level, message };
  return escapeHidden(JSON.stringify({ ...head, ...Object.fromEntries(facts), ...head }));
}

/** `12:30:05.123 info  message  key=value key="two words"` */
function textLine(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const clock = time.toISOString().slice(11, 23);
  const facts = Object.entries(fields).map(([key, value]) => ` ${key}=${textValue(value)}`);
  const gap = facts.length > 0 ? " " : "";
  return escapeHidden(`${clock} ${level.padEnd(5)} ${message}${gap}${facts.join("")}`);
}

function textValue(value: unknown): string {
  const text = value instanceof Error ? (value.stack ?? String(value)) : value;
  if (typeof text === "string" && /^[\w./:@$-]+$/.test(text)) return text;
  return JSON.stringify(plain(text)) ?? "undefined";
}

/** A copy that JSON.stringify can write, whatever comes: errors as text, bigints as digits, cycles as a word. */
function plain(value: unknown): unknown {
  const parents: object[] = [];
  const replace = function (this: object, _key: string, inner: unknown): unknown {
    if (typeof inner === "bigint") return String(inner);
    if (inner instanceof Error) return inner.stack ?? String(inner);
    if (typeof inner !== "object" || inner === null) return inner;
    while (parents.length > 0 && parents.at(-1) !== this) parents.pop();
    if (parents.includes(inner)) return "[circular]";
    parents.push(inner);
    return inner;
  };
  try {
    const text = JSON.stringify(value, replace);
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return "[unprintable]"; // a getter or a toJSON that throws
  }
}

/** Control characters, line and paragraph separators, and marks that change the direction of text. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Writes each hidden character as its escape, `\u001b`, which inside of JSON still means the same. */
export function escapeHidden(text: string): string {
  return text.replace(
    HIDDEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
