/** XML bodies: restXml both ways, awsQuery's answers. */
import type { ListShape, MapShape, Member, StructureShape } from "../model.ts";
import type { XmlNamespace } from "../model-file.ts";
import { Malformed, setKey } from "./malformed.ts";
import { readScalar, writeScalar } from "./text.ts";
import type { XmlElement } from "./xml-tree.ts";

/** The body members of a structure; what the model does not know is ignored. */
export function readXmlStructure(
  shape: StructureShape,
  element: XmlElement,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (member.place !== "body") continue;
    const name = localName(member.wire);
    if (member.attribute) {
      const text = element.attributes.get(name);
      if (text !== undefined) out[member.name] = readScalar(member, text);
      continue;
    }
    const found = element.children.filter((child) => child.name === name);
    const [first] = found;
    if (first !== undefined)
      out[member.name] = member.flat ? readFlat(member, found) : readXml(member, first);
  }
  if (shape.kind === "union" && Object.keys(out).length !== 1)
    throw new Malformed(`Exactly one member of ${shape.name} must be set`);
  return out;
}

/** The value of one element. */
export function readXml(member: Member, element: XmlElement): unknown {
  const { shape } = member;
  switch (shape.kind) {
    case "structure":
    case "union":
      return readXmlStructure(shape, element);
    case "list": {
      const name = localName(itemName(shape));
      return readItems(
        shape,
        element.children.filter((child) => child.name === name),
      );
    }
    case "map":
      return readEntries(shape, element.children);
    default:
      return readScalar(member, shape.kind === "string" ? element.text : element.text.trim());
  }
}

function readFlat({ shape }: Member, elements: readonly XmlElement[]): unknown {
  return shape.kind === "map"
    ? readEntries(shape, elements)
    : readItems(shape as ListShape, elements);
}

const readItems = (shape: ListShape, elements: readonly XmlElement[]) =>
  elements.map((element) => readXml(shape.item, element));

function readEntries(shape: MapShape, entries: readonly XmlElement[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const { children } of entries) {
    const key = children.find((child) => child.name === keyName(shape));
    const value = children.find((child) => child.name === valueName(shape));
    if (key !== undefined && value !== undefined)
      setKey(out, key.text, readXml(shape.value, value));
  }
  return out;
}

/** botocore's usual names inside lists and maps, where the model gives none of its own. */
const itemName = (shape: ListShape) => shape.item.wire;
const keyName = (shape: MapShape) => shape.key.wire;
const valueName = (shape: MapShape) => shape.value.wire;

/** A structure as an element. */
export function writeXmlStructure(
  shape: StructureShape,
  value: unknown,
  tag: string,
  namespace: XmlNamespace | undefined,
): string {
  const source = value as Record<string, unknown>;
  let attributes = declaration(namespace ?? shape.xmlNamespace);
  let content = "";
  for (const member of shape.members) {
    const field = source[member.name];
    if (field === undefined || field === null || member.place !== "body") continue;
    if (member.attribute)
      attributes += ` ${member.wire}="${escapeXml(writeScalar(member, field, "date-time"))}"`;
    else content += writeXml(member, field);
  }
  return `<${tag}${attributes}>${content}</${tag}>`;
}

/** A member's value as an element, or as several where it is flattened. */
export function writeXml(member: Member, value: unknown, tag = member.wire): string {
  const { shape, xmlNamespace } = member;
  switch (shape.kind) {
    case "structure":
    case "union":
      return writeXmlStructure(shape, value, tag, xmlNamespace);
    case "list": {
      const items = value as readonly unknown[];
      if (member.flat) return items.map((item) => writeItem(shape.item, item, tag)).join("");
      return wrap(tag, xmlNamespace, items.map((item) => writeItem(shape.item, item)).join(""));
    }
    case "map": {
      const entries = Object.entries(value as object).map(([key, entry]) =>
        writeEntry(shape, key, entry),
      );
      if (member.flat) return entries.map((entry) => `<${tag}>${entry}</${tag}>`).join("");
      return wrap(tag, xmlNamespace, entries.map((entry) => `<entry>${entry}</entry>`).join(""));
    }
    default:
      return wrap(tag, xmlNamespace, escapeXml(writeScalar(member, value, "date-time")));
  }
}

const writeItem = (item: Member, value: unknown, tag = item.wire) =>
  value === null ? `<${tag}/>` : writeXml(item, value, tag);

const writeEntry = (shape: MapShape, key: string, value: unknown) =>
  writeXml(shape.key, key) + (value === null ? "" : writeXml(shape.value, value));

const wrap = (tag: string, namespace: XmlNamespace | undefined, content: string) =>
  `<${tag}${declaration(namespace)}>${content}</${tag}>`;

function declaration(namespace: XmlNamespace | undefined): string {
  if (namespace === undefined) return "";
  const prefix = namespace.prefix === undefined ? "" : `:${namespace.prefix}`;
  return ` xmlns${prefix}="${escapeXml(namespace.uri)}"`;
}

const localName = (name: string) => name.slice(name.indexOf(":") + 1);

const ESCAPES: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&quot;",
};

/** Text for an element or attribute. Line ends and control characters are written as references, as AWS does. */
export function escapeXml(text: string): string {
  return text.replace(
    /[<>&"\u0000-\u0008\u000a-\u001f\u0085\u2028]/g,
    (character) =>
      ESCAPES[character] ?? `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`,
  );
}
