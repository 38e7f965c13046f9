/** Inputs of awsQuery: `Tags.member.1.Key=a`. */
import type { ListShape, MapShape, Member, StructureShape } from "../model.ts";
import type { Query } from "../query-string.ts";
import { MAX_DEPTH, Malformed, setKey } from "./malformed.ts";
import { readScalar } from "./text.ts";

/** A form taken apart at its dots. */
export interface FormNode {
  value: string | undefined;
  readonly children: Map<string, FormNode>;
}

/** More than the largest batch of any operation has, and a bound to memory. */
const MAX_PARAMETERS = 50_000;

/** @throws Malformed where there are too many parameters, or they are nested too deeply. */
export function formTree({ pairs }: Query): FormNode {
  if (pairs.length > MAX_PARAMETERS) throw new Malformed("The form has too many parameters");
  const root = emptyNode();
  for (const [path, value] of pairs) {
    let node = root;
    const steps = path.split(".");
    if (steps.length > MAX_DEPTH) throw new Malformed("The form is nested too deeply");
    for (const step of steps) {
      let child = node.children.get(step);
      if (child === undefined) {
        child = emptyNode();
        node.children.set(step, child);
      }
      node = child;
    }
    node.value ??= value;
  }
  return root;
}

const emptyNode = (): FormNode => ({ value: undefined, children: new Map() });

export function readFormStructure(shape: StructureShape, node: FormNode): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const member of shape.members) {
    const child = node.children.get(member.wire);
    if (child === undefined) continue;
    out[member.name] = readForm(member, child);
  }
  return out;
}

function readForm(member: Member, node: FormNode): unknown {
  const { shape } = member;
  switch (shape.kind) {
    case "structure":
    case "union":
      return readFormStructure(shape, node);
    case "list":
      return readItems(shape, member.flat ? node : node.children.get(shape.item.wire));
    case "map":
      return readEntries(shape, member.flat ? node : node.children.get("entry"));
    default:
      return readScalar(member, node.value ?? "");
  }
}

const readItems = (shape: ListShape, node: FormNode | undefined) =>
  numbered(node).map((item) => readForm(shape.item, item));

function readEntries(shape: MapShape, node: FormNode | undefined): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const { children } of numbered(node)) {
    const key = children.get(shape.key.wire)?.value;
    if (key === undefined) throw new Malformed("A map has an entry without a key");
    setKey(out, key, readForm(shape.value, children.get(shape.value.wire) ?? emptyNode()));
  }
  return out;
}

/** The elements of a list in the order of their numbers, which may have gaps. */
function numbered(node: FormNode | undefined): FormNode[] {
  if (node === undefined) return [];
  return [...node.children]
    .map(([key, child]) => [wholeNumber(key), child] as const)
    .filter(([number]) => number >= 0)
    .sort(([a], [b]) => a - b)
    .map(([, child]) => child);
}

const wholeNumber = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : -1);
