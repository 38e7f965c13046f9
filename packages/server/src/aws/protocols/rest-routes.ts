/** Finds the operation of a REST request: a literal segment wins over a label, a label over a greedy one. */

import { Malformed } from "../codecs/malformed.ts";
import type { Operation } from "../model.ts";
import type { AwsRequest } from "../request.ts";

export interface RestMatch {
  readonly operation: Operation;
  /** Decoded, by label. */
  readonly labels: Readonly<Record<string, string>>;
  /** Query parameters that belong to the address of the operation. */
  readonly literals: readonly string[];
}

/** One level of the paths of a method. */
interface Node {
  readonly literals: Map<string, Node>;
  label: Node | undefined;
  /** Operations whose path ends here, the most particular first. */
  readonly routes: Route[];
  /** Operations whose last label takes all segments from here on. */
  readonly greedy: Route[];
}

interface Route {
  readonly operation: Operation;
  /** Position and name of each label. */
  readonly labels: readonly (readonly [index: number, name: string])[];
  /** Literal query parameters; an empty value means that any will do. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

export class RestRoutes {
  private readonly methods = new Map<string, Node>();

  constructor(operations: Iterable<Operation>) {
    for (const operation of operations) this.add(operation);
  }

  /** @throws Malformed where a label is not UTF-8 in percent encoding. */
  find(request: AwsRequest): RestMatch | undefined {
    const root = this.methods.get(request.method);
    if (root === undefined) return undefined;
    const segments = request.path.split("/");
    const found = descend(root, segments, 1, request);
    if (found === undefined) return undefined;
    const { operation, query } = found;
    return { operation, labels: labelsOf(found, segments), literals: query.map(([name]) => name) };
  }

  private add(operation: Operation): void {
    const [path = "/", query = ""] = operation.uri.split("?");
    const segments = path.split("/");
    if (segments.at(-1) === "") segments.pop();
    let node = this.methods.get(operation.method);
    if (node === undefined) {
      node = emptyNode();
      this.methods.set(operation.method, node);
    }
    const labels: [number, string][] = [];
    let greedy = false;
    for (const [index, segment] of segments.entries()) {
      if (index === 0) continue;
      if (!segment.startsWith("{")) {
        node = child(node.literals, segment);
        continue;
      }
      greedy = segment.endsWith("+}");
      labels.push([index, segment.slice(1, greedy ? -2 : -1)]);
      if (!greedy) {
        node.label ??= emptyNode();
        node = node.label;
      }
    }
    insert(greedy ? node.greedy : node.routes, { operation, labels, query: literalQuery(query) });
  }
}

const emptyNode = (): Node => ({ literals: new Map(), label: undefined, routes: [], greedy: [] });

function child(nodes: Map<string, Node>, segment: string): Node {
  let node = nodes.get(segment);
  if (node === undefined) {
    node = emptyNode();
    nodes.set(segment, node);
  }
  return node;
}

function literalQuery(query: string): [string, string][] {
  if (query === "") return [];
  return query.split("&").map((pair) => {
    const [name = "", value = ""] = pair.split("=");
    return [name, value];
  });
}

/** More literal parameters first, then more that is required. */
function insert(routes: Route[], route: Route): void {
  const weight = ({ query, operation }: Route) =>
    query.length * 100 + operation.needsQuery.length + operation.needsHeaders.length;
  routes.push(route);
  routes.sort((a, b) => weight(b) - weight(a));
}

function descend(
  node: Node,
  segments: readonly string[],
  at: number,
  request: AwsRequest,
): Route | undefined {
  const segment = segments[at];
  if (segment === undefined) return pick(node.routes, request);
  const literal = node.literals.get(segment);
  const viaLiteral = literal && descend(literal, segments, at + 1, request);
  if (viaLiteral !== undefined) return viaLiteral;
  if (segment === "" && at === segments.length - 1) return pick(node.routes, request);
  const viaLabel =
    segment !== "" && node.label ? descend(node.label, segments, at + 1, request) : undefined;
  return viaLabel ?? pick(node.greedy, request);
}

function pick(routes: readonly Route[], request: AwsRequest): Route | undefined {
  return routes.find(
    ({ query, operation }) =>
      query.every(([name, value]) => {
        const given = request.query.get(name);
        return given !== undefined && (value === "" || value === given);
      }) &&
      operation.needsQuery.every((name) => request.query.has(name)) &&
      operation.needsHeaders.every((name) => request.headers[name] !== undefined),
  );
}

function labelsOf(
  { labels, operation }: Route,
  segments: readonly string[],
): Record<string, string> {
  const out: Record<string, string> = {};
  const greedy = operation.uri.split("?", 1)[0]?.endsWith("+}") ?? false;
  for (const [position, [index, name]] of labels.entries()) {
    const rest = greedy && position === labels.length - 1;
    out[name] = decodeLabel(rest ? segments.slice(index).join("/") : (segments[index] ?? ""));
  }
  return out;
}

function decodeLabel(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Malformed("The path is not UTF-8 in percent encoding");
  }
}
