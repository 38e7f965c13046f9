import { type JsonNames, writeJsonStructure } from "../codecs/json.ts";
import type { Operation, StructureShape } from "../model.ts";
import type { ProtocolName } from "../model-file.ts";
import type { Failure } from "../quirks.ts";
import type { AwsRequest, AwsResponse } from "../request.ts";

/** A body that was read, or one that streams to the door. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

/** One way of a service to speak: which operation a request means, what goes into it, what comes out. */
export interface Protocol {
  readonly name: ProtocolName;
  /** The operation stands in the body, which `find` therefore needs. */
  readonly operationInBody: boolean;
  /**
   * The call that a request makes, or undefined where no operation fits.
   * @throws Malformed where the request cannot be read.
   */
  find(request: AwsRequest, body?: Uint8Array): Call | undefined;
  /** The answer to a call that went well. */
  write(operation: Operation, output: Output, options: WriteOptions): AwsResponse;
  /** The answer to one that did not. */
  fail(operation: Operation | undefined, failure: Failure): AwsResponse;
}

export interface Call {
  readonly operation: Operation;
  /** @throws Malformed where the input is not what the model says. */
  read(body: Body): Record<string, unknown>;
}

export type Output = Readonly<Record<string, unknown>>;

export interface WriteOptions {
  readonly requestId: string;
  /** Takes what breaks an event stream after its answer has begun. */
  readonly onDefect: (error: unknown) => void;
}

/** An error's members with its text among them, under the name that the shape gives it: `message` or `Message`. */
export function errorMembers(
  shape: StructureShape | undefined,
  { message, members, fault }: Failure,
): Record<string, unknown> {
  const out: Record<string, unknown> = { ...members };
  out[textName(shape) ?? "message"] ??= message;
  // Lambda's errors say in a member whose fault they are. A door that says nothing there means it.
  if (!("Type" in out) && shape?.members.some((member) => member.name === "Type"))
    out["Type"] = fault === "client" ? "User" : "Server";
  return out;
}

/** An error as a value for JSON.stringify. Its text is there even where the shape has no place for it. */
export function jsonError(
  shape: StructureShape | undefined,
  failure: Failure,
  names: JsonNames,
): Record<string, unknown> {
  const text = textName(shape) === undefined ? { message: failure.message } : {};
  if (shape === undefined) return text;
  return { ...text, ...writeJsonStructure(shape, errorMembers(shape, failure), names) };
}

const textName = (shape: StructureShape | undefined) =>
  shape?.members.find(({ name }) => name.toLowerCase() === "message")?.name;

/** Whose fault it is, in the words of the XML protocols. */
export const senderOrReceiver = ({ fault }: Failure) =>
  fault === "client" ? "Sender" : "Receiver";
