/** SQS's query protocol, as clients before 2023 speak it: forms out, XML in. */
import { parseXml, type XmlElement } from "../../../../packages/server/src/aws/codecs/xml-tree.ts";

/** What lists and maps are called in forms and XML. */
const WIRE: Readonly<Record<string, string>> = {
  Attributes: "Attribute",
  MessageAttributes: "MessageAttribute",
  MessageSystemAttributes: "MessageSystemAttribute",
  AttributeNames: "AttributeName",
  MessageAttributeNames: "MessageAttributeName",
  MessageSystemAttributeNames: "MessageSystemAttributeName",
  AWSAccountIds: "AWSAccountId",
  Actions: "ActionName",
  Tags: "Tag",
  TagKeys: "TagKey",
};

/** The form of a call. */
export function formOf(action: string, input: Readonly<Record<string, unknown>>): URLSearchParams {
  const form = new URLSearchParams({ Action: action, Version: "2012-11-05" });
  for (const [name, value] of Object.entries(input))
    add(form, name === "Entries" ? `${action}RequestEntry` : (WIRE[name] ?? name), value);
  return form;
}

function add(form: URLSearchParams, name: string, value: unknown): void {
  if (value === undefined) return;
  if (value instanceof Uint8Array) form.append(name, Buffer.from(value).toString("base64"));
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) add(form, `${name}.${index + 1}`, item);
  else if (typeof value !== "object" || value === null) form.append(name, String(value));
  else if (name.endsWith("Attribute") || name === "Tag")
    for (const [index, [key, item]] of Object.entries(value).entries()) {
      form.append(`${name}.${index + 1}.${name === "Tag" ? "Key" : "Name"}`, key);
      add(form, `${name}.${index + 1}.Value`, item);
    }
  else
    for (const [key, item] of Object.entries(value)) add(form, `${name}.${WIRE[key] ?? key}`, item);
}

const LISTS: Readonly<Record<string, string>> = {
  Message: "Messages",
  QueueUrl: "QueueUrls",
  SendMessageBatchResultEntry: "Successful",
  DeleteMessageBatchResultEntry: "Successful",
  ChangeMessageVisibilityBatchResultEntry: "Successful",
  BatchResultErrorEntry: "Failed",
};
const MAPS: Readonly<Record<string, string>> = {
  Attribute: "Attributes",
  MessageAttribute: "MessageAttributes",
  Tag: "Tags",
};

/** The result of an answer, as boto3 shows it. */
export function resultOf(action: string, xml: string): Record<string, unknown> {
  const result = parseXml(xml).children.find(({ name }) => name === `${action}Result`);
  return result === undefined ? {} : structure(result, action.startsWith("List"));
}

/** The error of an answer, as boto3 shows it. */
export function errorOf(xml: string): Record<string, unknown> {
  const error = parseXml(xml).children.find(({ name }) => name === "Error");
  const members = error?.children.map(({ name, text }) => [name, text === "" ? null : text]);
  return Object.fromEntries(members ?? []);
}

function structure({ children }: XmlElement, lists: boolean): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const child of children) {
    const { name } = child;
    const map = MAPS[name];
    const list = name === "QueueUrl" && !lists ? undefined : LISTS[name];
    if (map !== undefined) {
      const [key, value] = child.children;
      found[map] = { ...(found[map] as object), [key?.text ?? ""]: contentOf(value) };
    } else if (list !== undefined) {
      const item = child.children.length > 0 ? structure(child, lists) : child.text;
      found[list] = [...((found[list] as unknown[]) ?? []), item];
    } else found[name] = contentOf(child);
  }
  return found;
}

function contentOf(element: XmlElement | undefined): unknown {
  if (element === undefined) return "";
  if (element.children.length > 0) return structure(element, false);
  if (element.name === "BinaryValue") return Buffer.from(element.text, "base64");
  return element.text;
}
