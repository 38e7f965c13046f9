/** Random values of a model's shapes, within its constraints. */
import type { Member, Shape, StructureShape } from "../../packages/server/src/aws/model.ts";
import type { Place } from "../../packages/server/src/aws/model-file.ts";
import { textMatching } from "./pattern-text.ts";
import type { Random } from "./random.ts";

export interface ValueOptions {
  readonly random: Random;
  /** How many of the optional members are set, of 1. */
  readonly density: number;
  /** What the protocol can carry. */
  readonly carries: Carries;
  /** Members that the other side does not know. */
  readonly unknown?: readonly string[] | undefined;
}

export interface Carries {
  /** Lists and maps without items. */
  readonly empty: boolean;
  /** Fractions of seconds. */
  readonly milliseconds: boolean;
}

/** No value could be made: the reason. */
export class NoValue extends Error {}

const MAX_DEPTH = 7;

/** Of these, clients cannot tell nothing from empty. */
const SHOWS_ABSENCE: ReadonlySet<Place> = new Set(["payload", "eventPayload", "prefixHeaders"]);

export function randomStructure(
  shape: StructureShape,
  options: ValueOptions,
  depth = 0,
): Record<string, unknown> {
  const { random, density, carries } = options;
  const out: Record<string, unknown> = {};
  const candidates = shape.members.filter(({ shape: of }) => !("error" in of && of.error));
  if (shape.kind === "union") {
    const simple = candidates.filter((member) => isScalar(member.shape));
    const member = random.pick(depth > MAX_DEPTH - 3 && simple.length > 0 ? simple : candidates);
    out[member.name] = randomMember(member, options, depth + 1);
    return out;
  }
  for (const member of candidates) {
    if (options.unknown?.includes(member.name)) continue;
    const wanted =
      member.required ||
      SHOWS_ABSENCE.has(member.place) ||
      ("eventStream" in member.shape && member.shape.eventStream) ||
      (depth < MAX_DEPTH - 2 && random.chance(density));
    if (!wanted) continue;
    const value = tryMember(member, options, depth + 1);
    if (value !== undefined) out[member.name] = value;
  }
  if (!carries.empty && depth > 0 && Object.keys(out).length === 0) {
    const member = candidates.find((candidate) => isScalar(candidate.shape)) ?? candidates[0];
    if (member !== undefined) out[member.name] = randomMember(member, options, depth + 1);
  }
  return out;
}

function tryMember(member: Member, options: ValueOptions, depth: number): unknown {
  if (member.required) return randomMember(member, options, depth);
  try {
    return randomMember(member, options, depth);
  } catch (error) {
    if (error instanceof NoValue) return undefined;
    throw error;
  }
}

function randomMember(member: Member, options: ValueOptions, depth: number): unknown {
  if ("eventStream" in member.shape && member.shape.eventStream)
    return randomEvents(member.shape, options, depth);
  if (member.jsonValue) return JSON.stringify({ key: randomText(options.random, 1, 9, "body") });
  return randomValue(member.shape, options, depth, member.place, member.timestamp);
}

/** One event of each kind, in their order; may be read again and again. */
function randomEvents(
  shape: StructureShape,
  options: ValueOptions,
  depth: number,
): AsyncIterable<Record<string, unknown>> {
  const kinds = shape.members.filter(({ shape: of }) => !("error" in of && of.error));
  const events = kinds.map((kind) => ({ [kind.name]: randomMember(kind, options, depth + 1) }));
  return {
    async *[Symbol.asyncIterator]() {
      yield* events;
    },
  };
}

export function randomValue(
  shape: Shape,
  options: ValueOptions,
  depth: number,
  place: Place = "body",
  format = shape.timestamp,
): unknown {
  const { random, carries } = options;
  if (depth > MAX_DEPTH + 3) throw new NoValue(`${shape.name} is recursive`);
  switch (shape.kind) {
    case "structure":
    case "union":
      return randomStructure(shape, options, depth);
    case "list": {
      const size = sizeWithin(shape, options, depth, place);
      return Array.from({ length: size }, () =>
        randomValue(shape.item.shape, options, depth + 1, place, shape.item.timestamp),
      );
    }
    case "map": {
      const out: Record<string, unknown> = {};
      const size = sizeWithin(shape, options, depth, place);
      for (let tries = 0; Object.keys(out).length < size && tries < size * 4; tries++) {
        const key = randomValue(shape.key.shape, options, depth + 1, place) as string;
        out[place === "prefixHeaders" ? key.toLowerCase() : key] = randomValue(
          shape.value.shape,
          options,
          depth + 1,
          place,
        );
      }
      if (Object.keys(out).length < (shape.min ?? 0))
        throw new NoValue(`${shape.name} wants too many keys`);
      return out;
    }
    case "string":
      return randomString(shape, random, place);
    case "boolean":
      return random.chance(0.5);
    case "blob":
      return Uint8Array.from(
        { length: random.between(Math.max(shape.min ?? 0, 1), Math.max(shape.min ?? 0, 24)) },
        () => random.between(0, 255),
      );
    case "timestamp": {
      const seconds = random.between(0, 2_000_000_000) * 1000;
      const fraction = carries.milliseconds && place === "body" && format !== "http-date";
      return new Date(seconds + (fraction ? random.between(0, 999) : 0));
    }
    case "document":
      return { text: randomText(random, 0, 5, "body"), list: [1, true, null], nested: { a: 0.5 } };
    case "float":
    case "double":
      return clamp(random.between(-1000, 1000) / 4, shape);
    default:
      return randomWhole(shape, random);
  }
}

const isScalar = ({ kind }: Shape) => !["structure", "union", "list", "map"].includes(kind);

function sizeWithin(
  shape: Shape,
  { random, carries }: ValueOptions,
  depth: number,
  place: Place,
): number {
  const least = Math.max(shape.min ?? 0, carries.empty && place === "body" ? 0 : 1);
  if (depth >= MAX_DEPTH) return least;
  return Math.min(random.between(least, least + 2), shape.max ?? Number.POSITIVE_INFINITY);
}

const RANGES: Readonly<Record<string, number>> = {
  byte: 127,
  short: 32_767,
  integer: 2_147_483_647,
  long: 2 ** 53 - 1,
};

function randomWhole(shape: Shape, random: Random): number {
  const bound = RANGES[shape.kind] ?? 100;
  const low = Math.max(shape.min ?? -bound, -bound);
  const high = Math.min(shape.max ?? bound, bound);
  return random.chance(0.3)
    ? random.pick([low, high])
    : random.between(Math.max(low, -1000), Math.max(Math.min(high, 1000), low));
}

const clamp = (value: number, { min = -1e9, max = 1e9 }: Shape) =>
  Math.min(Math.max(value, min), max);

function randomString(shape: Shape, random: Random, place: Place): string {
  if (shape.enum !== undefined)
    return random.pick(shape.enum.filter((value) => value !== "" || place === "body"));
  const min = Math.max(shape.min ?? 0, 1);
  const max = shape.max ?? Number.POSITIVE_INFINITY;
  if (shape.pattern === undefined)
    return randomText(random, min, Math.min(Math.max(min, 16), max), place);
  for (let attempt = 0; attempt < 20; attempt++) {
    const text = textMatching(shape.pattern, random, { min, max });
    if (text !== undefined && fits(text, place)) return text;
  }
  throw new NoValue(`no text matches ${shape.pattern}`);
}

/** Headers carry printable ASCII without space around it, XML no control characters, and labels are never empty. */
function fits(text: string, place: Place): boolean {
  if (place === "header" || place === "prefixHeaders")
    return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/[",]/.test(text);
  if (place === "label") return text !== "" && text !== "." && text !== "..";
  if (/^\s|\s$/.test(text) || text === "") return false; // the SDK's XML parser trims
  return !/[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/u.test(text);
}

const PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
const RICH = `${PLAIN} <>&"'=+%/?:;#@é漢😀`;

function randomText(random: Random, min: number, max: number, place: Place): string {
  const pool = [
    ...(place === "header" || place === "prefixHeaders"
      ? PLAIN
      : place === "label"
        ? `${PLAIN} /+%é`
        : RICH),
  ];
  const length = random.between(min, max);
  let text = "";
  while (text.length < length) text += random.pick(pool);
  // A character of two units may have gone one past the end.
  if (text.length > max) text = `${[...text].slice(0, -1).join("")}x`;
  return fits(text.trim(), place) && text.trim().length >= min
    ? text.trim()
    : "x".repeat(Math.max(min, 1));
}
