/** What stands in the status and the headers of a REST answer. */
import { writeScalar } from "../codecs/text.ts";
import type { Member } from "../model.ts";
import type { Plan } from "../plan.ts";
import type { AwsResponse } from "../request.ts";
import type { Output } from "./protocol.ts";

/** Moves the bound members of an output, or of an error, to the answer. */
export function writeBindings(plan: Plan, output: Output, response: AwsResponse): void {
  if (plan.status !== undefined) {
    const status = output[plan.status.name];
    if (typeof status === "number") response.status = status;
  }
  for (const member of plan.headers) {
    const value = output[member.name];
    if (value === undefined || value === null) continue;
    const text = writeHeader(member, value);
    if (text !== "" || member.shape.kind === "string") response.headers[member.wire] = text;
  }
  for (const member of plan.prefixHeaders) {
    for (const [name, value] of Object.entries((output[member.name] ?? {}) as object))
      response.headers[member.wire + name.toLowerCase()] = String(value);
  }
}

function writeHeader(member: Member, value: unknown): string {
  const { shape } = member;
  if (shape.kind === "list")
    return (value as unknown[]).map((item) => writeItem(shape.item, item)).join(", ");
  if (member.jsonValue) return Buffer.from(value as string).toString("base64");
  return writeScalar(member, value, "http-date");
}

function writeItem(member: Member, value: unknown): string {
  const text = writeHeader(member, value);
  if (member.shape.kind !== "string" || !/[",]/.test(text)) return text;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
