/**
 * The input of an operation from JSON as AWS's own integrations write it: members by their names in the model, with a
 * capital or a small first letter, wherever they would stand in a request; bytes as text, or as JSON of their own.
 */
import { parseJson, readJson } from "./codecs/json.ts";
import { checkDepth, Malformed } from "./codecs/malformed.ts";
import type { Member, Operation, Shape, StructureShape } from "./model.ts";

/** @throws Malformed */
export function readInput({ input: shape }: Operation, text: string): Record<string, unknown> {
  const value = parseJson(Buffer.from(text, "utf8"));
  if (!isObject(value)) throw new Malformed("The input is no JSON object");
  const out: Record<string, unknown> = {};
  for (const member of shape?.members ?? []) {
    const field = fieldOf(value, member);
    if (field === undefined || field === null) continue;
    if (member.shape.kind !== "blob") out[member.name] = readMember(member, field);
    else if (member.streaming) Object.assign(out, streamed(shape, member, bytesOf(field)));
    else out[member.name] = bytesOf(field);
  }
  return out;
}

/** A body as it would come, and its length where the operation asks for it. */
function streamed(shape: StructureShape | undefined, { name }: Member, bytes: Uint8Array): object {
  const length = shape?.members.find(
    ({ place, wire }) => place === "header" && wire === "content-length",
  );
  return { [name]: once(bytes), ...(length && { [length.name]: bytes.length }) };
}

const readMember = (member: Member, field: unknown): unknown =>
  readJson(member, renamed(member.shape, field, 0), "name");

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fieldOf(value: Record<string, unknown>, { name }: Member): unknown {
  const rest = name.slice(1);
  const initial = name.slice(0, 1);
  for (const key of [name, initial.toUpperCase() + rest, initial.toLowerCase() + rest])
    if (Object.hasOwn(value, key)) return value[key];
  return undefined;
}

const bytesOf = (value: unknown): Buffer =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value), "utf8");

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A value with its members under their own names, and its bytes in base64, as the codec reads them. */
function renamed(shape: Shape, value: unknown, depth: number): unknown {
  checkDepth(depth);
  if (value === null || value === undefined) return value;
  if (shape.kind === "blob") return bytesOf(value).toString("base64");
  if (shape.kind === "list" && Array.isArray(value))
    return value.map((item) => renamed(shape.item.shape, item, depth + 1));
  if (!isObject(value)) return value;
  if (shape.kind === "map")
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        renamed(shape.value.shape, item, depth + 1),
      ]),
    );
  return shape.kind === "structure" || shape.kind === "union"
    ? structure(shape, value, depth)
    : value;
}

function structure(
  shape: StructureShape,
  value: Record<string, unknown>,
  depth: number,
): Record<string, unknown> {
  return Object.fromEntries(
    shape.members.flatMap((member) => {
      const field = fieldOf(value, member);
      return field === undefined ? [] : [[member.name, renamed(member.shape, field, depth + 1)]];
    }),
  );
}
