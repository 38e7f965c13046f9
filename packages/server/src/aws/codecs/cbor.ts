/** CBOR bodies of rpcv2Cbor: decoded items to shapes, and shapes to bytes. */
import type { Member, ScalarShape, StructureShape } from "../model.ts";
import type { TimeUnits } from "./cbor-decode.ts";
import { CborWriter } from "./cbor-encode.ts";
import { checkDepth, Malformed, setKey } from "./malformed.ts";
import { checkRange } from "./text.ts";

/** A structure from a decoded item; what the model does not know is ignored. */
export function readCborStructure(
  shape: StructureShape,
  value: unknown,
  depth = 0,
): Record<string, unknown> {
  checkDepth(depth);
  const source = map(value);
  const out: Record<string, unknown> = {};
  for (const member of shape.members) {
    const field = Object.hasOwn(source, member.name) ? source[member.name] : undefined;
    if (field !== undefined && field !== null)
      out[member.name] = readCbor(member, field, depth + 1);
  }
  if (shape.kind === "union" && Object.keys(out).length !== 1)
    throw new Malformed(`Exactly one member of ${shape.name} must be set`);
  return out;
}

function readCbor(member: Member, value: unknown, depth: number): unknown {
  const { shape } = member;
  switch (shape.kind) {
    case "structure":
    case "union":
      return readCborStructure(shape, value, depth);
    case "list": {
      checkDepth(depth);
      if (!Array.isArray(value)) throw unexpected("list");
      const items = value.map((item) =>
        item === null ? null : readCbor(shape.item, item, depth + 1),
      );
      return shape.sparse ? items : items.filter((item) => item !== null);
    }
    case "map": {
      checkDepth(depth);
      const out: Record<string, unknown> = {};
      for (const [key, entry] of Object.entries(map(value))) {
        if (entry !== null) setKey(out, key, readCbor(shape.value, entry, depth + 1));
        else if (shape.sparse) setKey(out, key, null);
      }
      return out;
    }
    case "string":
      if (typeof value !== "string") throw unexpected("text");
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw unexpected("boolean");
      return value;
    case "blob":
      if (!(value instanceof Uint8Array)) throw unexpected("bytes");
      return value;
    case "timestamp":
      if (!(value instanceof Date)) throw unexpected("time");
      return value;
    case "document":
      return value;
    default:
      if (typeof value !== "number") throw unexpected("number");
      return checkRange(value, shape);
  }
}

function map(value: unknown): Record<string, unknown> {
  const isMap =
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Date);
  if (!isMap) throw unexpected("map");
  return value as Record<string, unknown>;
}

const unexpected = (wanted: string) =>
  new Malformed(`The CBOR input has no ${wanted} where one belongs`);

/** A structure as bytes; `extra` are text members that the model does not name, such as an error's `__type`. */
export function writeCborStructure(
  shape: StructureShape | undefined,
  value: unknown,
  extra: Readonly<Record<string, string>> = {},
  perSecond: TimeUnits = 1,
): Uint8Array {
  const writer = new CborWriter(perSecond);
  structure(writer, shape?.members ?? [], value as Record<string, unknown>, extra);
  return writer.finish();
}

function structure(
  writer: CborWriter,
  members: readonly Member[],
  source: Readonly<Record<string, unknown>>,
  extra: Readonly<Record<string, string>>,
): void {
  const set = members.filter(
    ({ name }) => !(name in extra) && source[name] !== undefined && source[name] !== null,
  );
  const texts = Object.entries(extra);
  writer.map(set.length + texts.length);
  for (const [name, text] of texts) {
    writer.text(name);
    writer.text(text);
  }
  for (const member of set) {
    writer.text(member.name);
    write(writer, member, source[member.name]);
  }
}

function write(writer: CborWriter, { shape }: Member, value: unknown): void {
  if (value === null) writer.null();
  else if (shape.kind === "structure" || shape.kind === "union")
    structure(writer, shape.members, value as Record<string, unknown>, {});
  else if (shape.kind === "list") {
    const items = value as readonly unknown[];
    writer.array(items.length);
    for (const item of items) write(writer, shape.item, item);
  } else if (shape.kind === "map") {
    const entries = Object.entries(value as object).filter(([, entry]) => entry !== undefined);
    writer.map(entries.length);
    for (const [key, entry] of entries) {
      writer.text(key);
      write(writer, shape.value, entry);
    }
  } else scalar(writer, shape.kind, value);
}

function scalar(writer: CborWriter, kind: ScalarShape["kind"], value: unknown): void {
  switch (kind) {
    case "string":
      writer.text(value as string);
      break;
    case "boolean":
      writer.boolean(value as boolean);
      break;
    case "blob":
      writer.binary(value as Uint8Array);
      break;
    case "timestamp":
      writer.time(value as Date);
      break;
    case "float":
    case "double":
      writer.double(value as number);
      break;
    case "document":
      throw new TypeError("rpcv2Cbor has no documents");
    default:
      writer.integer(value as number);
  }
}
