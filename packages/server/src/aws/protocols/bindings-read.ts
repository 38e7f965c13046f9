/** What stands in the path, the query and the headers of a REST request. */
import { Malformed, setKey } from "../codecs/malformed.ts";
import { readBase64, readScalar, readUtf8 } from "../codecs/text.ts";
import type { ListShape, Member } from "../model.ts";
import type { Plan } from "../plan.ts";
import type { AwsRequest } from "../request.ts";
import type { RestMatch } from "./rest-routes.ts";

/** Adds the bound members to an input. @throws Malformed */
export function readBindings(
  plan: Plan,
  request: AwsRequest,
  { labels, literals }: RestMatch,
  input: Record<string, unknown>,
): void {
  for (const member of plan.labels) {
    const text = labels[member.wire];
    if (text !== undefined) input[member.name] = readScalar(member, text);
  }
  for (const member of plan.queries) {
    const value = readQuery(member, request);
    if (value !== undefined) input[member.name] = value;
  }
  if (plan.queryMap !== undefined) {
    const map = readQueryMap(plan.queryMap, request, literals);
    if (map !== undefined) input[plan.queryMap.name] = map;
  }
  for (const member of plan.headers) {
    const text = request.headers[member.wire];
    if (text !== undefined) input[member.name] = readHeader(member, text);
  }
  for (const member of plan.prefixHeaders) {
    const map = readPrefixHeaders(member.wire, request);
    if (map !== undefined) input[member.name] = map;
  }
}

function readQuery(member: Member, { query }: AwsRequest): unknown {
  const { shape } = member;
  if (shape.kind !== "list") {
    const text = query.get(member.wire);
    return text === undefined ? undefined : readScalar(member, text);
  }
  const texts = query.getAll(member.wire);
  return texts.length === 0 ? undefined : texts.map((text) => readScalar(shape.item, text));
}

/** Of all parameters, those that other members hold as well. */
function readQueryMap(
  { shape }: Member,
  { query }: AwsRequest,
  literals: readonly string[],
): Record<string, unknown> | undefined {
  const pairs = query.pairs.filter(([name]) => !literals.includes(name));
  if (pairs.length === 0) return undefined;
  const lists = shape.kind === "map" && shape.value.shape.kind === "list";
  const out: Record<string, unknown> = {};
  for (const [name, value] of pairs) setKey(out, name, lists ? query.getAll(name) : value);
  return out;
}

function readPrefixHeaders(
  prefix: string,
  { headers }: AwsRequest,
): Record<string, string> | undefined {
  let out: Record<string, string> | undefined;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || !name.startsWith(prefix)) continue;
    out ??= {};
    setKey(out, name.slice(prefix.length), value);
  }
  return out;
}

function readHeader(member: Member, text: string): unknown {
  const { shape } = member;
  if (shape.kind === "list")
    return splitHeader(shape, text).map((part) => readHeader(shape.item, part));
  if (!member.jsonValue) return readScalar(member, text);
  return readUtf8(readBase64(text)); // JSON, whose meaning is the door's
}

/** Items stand between commas; strings may be quoted, and HTTP dates hold one comma each. */
function splitHeader({ item }: ListShape, text: string): string[] {
  if (item.shape.kind === "timestamp" && /^\s*[A-Z]/.test(text))
    return (text.match(/[^,]+,[^,]+/g) ?? []).map((part) => part.trim());
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    while (text[at] === " " || text[at] === "\t") at++;
    if (text[at] !== '"') {
      const comma = text.indexOf(",", at);
      const part = text.slice(at, comma < 0 ? undefined : comma).trim();
      if (part !== "") parts.push(part);
      at = comma < 0 ? text.length : comma + 1;
      continue;
    }
    let part = "";
    for (at++; text[at] !== '"'; at++) {
      if (text[at] === "\\") at++;
      if (at >= text.length) throw new Malformed("A header has a quote that does not end");
      part += text[at];
    }
    parts.push(part);
    const comma = text.indexOf(",", at);
    at = comma < 0 ? text.length : comma + 1;
  }
  return parts;
}
