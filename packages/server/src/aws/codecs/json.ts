/** JSON bodies. Only restJson1 renames members (`wire`); the RPC protocols use the model's names. */
import type { Member, StructureShape } from "../model.ts";
import { checkDepth, Malformed, setKey } from "./malformed.ts";
import {
  checkRange,
  formatOf,
  NAMED,
  readBase64,
  readTimestamp,
  readUtf8,
  writeBase64,
  writeTimestamp,
} from "./text.ts";

/** The member's name in JSON. */
export type JsonNames = "name" | "wire";

/** @throws Malformed where the bytes are not UTF-8 or not JSON. An empty body is an empty object. */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) return {};
  const text = readUtf8(body);
  try {
    return JSON.parse(text);
  } catch {
    throw new Malformed("The input is not valid JSON");
  }
}

/** The body members of a structure; what the model does not know is ignored. */
export function readJsonStructure(
  shape: StructureShape,
  value: unknown,
  names: JsonNames,
  depth = 0,
): Record<string, unknown> {
  checkDepth(depth);
  const source = object(value, "structure");
  const out: Record<string, unknown> = {};
  let set = 0;
  for (const member of shape.members) {
    const name = member[names];
    if (member.place !== "body" || !Object.hasOwn(source, name)) continue;
    const field = source[name];
    if (field === null || field === undefined) continue;
    out[member.name] = readJson(member, field, names, depth + 1);
    set++;
  }
  if (shape.kind === "union" && set !== 1)
    throw new Malformed(`Exactly one member of ${shape.name} must be set`);
  return out;
}

/** One value, which is not null. @throws Malformed with AWS's words where it is of another type. */
export function readJson(member: Member, value: unknown, names: JsonNames, depth = 0): unknown {
  const { shape } = member;
  switch (shape.kind) {
    case "structure":
    case "union":
      return readJsonStructure(shape, value, names, depth);
    case "list": {
      checkDepth(depth);
      if (!Array.isArray(value)) throw mismatch(value, "list");
      const items = value.map((item) =>
        item === null ? null : readJson(shape.item, item, names, depth + 1),
      );
      return shape.sparse ? items : items.filter((item) => item !== null);
    }
    case "map": {
      checkDepth(depth);
      const out: Record<string, unknown> = {};
      for (const [key, entry] of Object.entries(object(value, "map"))) {
        if (entry !== null) setKey(out, key, readJson(shape.value, entry, names, depth + 1));
        else if (shape.sparse) setKey(out, key, null);
      }
      return out;
    }
    case "document":
      checkDocument(value, depth);
      return value;
    case "string":
      if (typeof value !== "string") throw mismatch(value, "String");
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw mismatch(value, "Boolean");
      return value;
    case "blob":
      if (typeof value !== "string") throw mismatch(value, "Blob");
      return readBase64(value);
    case "timestamp":
      if (typeof value !== "string" && typeof value !== "number")
        throw mismatch(value, "Timestamp");
      return readTimestamp(String(value));
    default: {
      if (typeof value === "number") return checkRange(value, shape);
      const named = typeof value === "string" ? NAMED.get(value) : undefined;
      const fractional = shape.kind === "float" || shape.kind === "double";
      if (named !== undefined && fractional) return named;
      throw mismatch(value, shape.kind.slice(0, 1).toUpperCase() + shape.kind.slice(1));
    }
  }
}

function object(value: unknown, wanted: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw mismatch(value, wanted);
  return value as Record<string, unknown>;
}

function checkDocument(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  checkDepth(depth);
  for (const inner of Object.values(value)) checkDocument(inner, depth + 1);
}

/** The words of AWS's own front ends. */
function mismatch(found: unknown, wanted: string): Malformed {
  if (Array.isArray(found)) return new Malformed("Start of list found where not expected");
  if (typeof found === "object" && found !== null)
    return new Malformed("Start of structure or map found where not expected.");
  if (wanted === "structure") return new Malformed("Expected null");
  if (wanted === "list" || wanted === "map") return new Malformed(`Expected ${wanted} or null`);
  const article = /^[AEIOU]/.test(wanted) ? "an" : "a";
  return new Malformed(`${tokenOf(found)} can not be converted to ${article} ${wanted}`);
}

function tokenOf(found: unknown): string {
  if (typeof found === "number") return "NUMBER_VALUE";
  if (typeof found === "boolean") return found ? "TRUE_VALUE" : "FALSE_VALUE";
  return found === null ? "NULL_VALUE" : "STRING_VALUE";
}

/** The body members of a structure, as a value for JSON.stringify. Absent members stay absent. */
export function writeJsonStructure(
  shape: StructureShape,
  value: unknown,
  names: JsonNames,
): Record<string, unknown> {
  const source = value as Record<string, unknown>;
  const out: Record<string, unknown> = {};
  for (const member of shape.members) {
    const field = source[member.name];
    if (field === undefined || field === null || member.place !== "body") continue;
    out[member[names]] = writeJson(member, field, names);
  }
  return out;
}

/** One value, as a value for JSON.stringify. */
export function writeJson(member: Member, value: unknown, names: JsonNames): unknown {
  if (value === null) return null;
  const { shape } = member;
  switch (shape.kind) {
    case "structure":
    case "union":
      return writeJsonStructure(shape, value, names);
    case "list":
      return (value as readonly unknown[]).map((item) => writeJson(shape.item, item, names));
    case "map": {
      const out: Record<string, unknown> = {};
      for (const [key, entry] of Object.entries(value as object))
        if (entry !== undefined) setKey(out, key, writeJson(shape.value, entry, names));
      return out;
    }
    case "timestamp": {
      const format = formatOf(member, "epoch-seconds");
      const date = value as Date;
      return format === "epoch-seconds" ? date.getTime() / 1000 : writeTimestamp(date, format);
    }
    case "blob":
      return writeBase64(value as Uint8Array);
    case "float":
    case "double":
      return Number.isFinite(value) ? value : String(value);
    default:
      return value;
  }
}
