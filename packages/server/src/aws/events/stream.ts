/** Event streams as answers: what a door yields, as framed bytes. */
import { AwsError } from "../error.ts";
import type { Member, StructureShape } from "../model.ts";
import { encodeFrame, type FrameHeader } from "./frame.ts";

/** How a protocol writes what stands in an event's payload. */
export interface EventCodec {
  /** Of structures: application/json, text/xml, ... */
  readonly contentType: string;
  /** The body members of an event, or the structure that is its payload. */
  structure(shape: StructureShape, value: unknown): Uint8Array;
}

/**
 * The bytes of an event stream. `initial` are the members of the output beside the stream, which RPC protocols send as
 * the first message. What the door throws ends the stream as an exception; anything but an AwsError is passed to
 * `onDefect` and ends it as an internal error.
 */
export async function* encodeEvents(
  shape: StructureShape,
  events: AsyncIterable<Readonly<Record<string, unknown>>>,
  codec: EventCodec,
  options: {
    readonly initial?: Uint8Array;
    readonly errorShape: (code: string) => StructureShape | undefined;
    readonly onDefect: (error: unknown) => void;
  },
): AsyncGenerator<Uint8Array> {
  if (options.initial !== undefined)
    yield message("event", "initial-response", codec.contentType, options.initial);
  try {
    for await (const event of events) {
      const member = shape.members.find(
        ({ name }) => event[name] !== undefined && event[name] !== null,
      );
      if (member === undefined)
        throw new TypeError(`an event of ${shape.name} has no known member`);
      yield encodeEvent(member, event[member.name] as Record<string, unknown>, codec);
    }
  } catch (error) {
    yield encodeError(error, shape, codec, options);
  }
}

function message(
  type: "event" | "exception",
  name: string,
  contentType: string | undefined,
  payload: Uint8Array,
  headers: Readonly<Record<string, FrameHeader>> = {},
): Uint8Array {
  return encodeFrame({
    headers: {
      ...headers,
      [type === "event" ? ":event-type" : ":exception-type"]: name,
      ...(contentType === undefined ? {} : { ":content-type": contentType }),
      ":message-type": type,
    },
    payload,
  });
}

const NOTHING = new Uint8Array(0);

function encodeEvent(event: Member, value: Record<string, unknown>, codec: EventCodec): Uint8Array {
  const shape = event.shape as StructureShape;
  const headers: Record<string, FrameHeader> = {};
  for (const member of shape.members)
    if (member.place === "eventHeader" && value[member.name] !== undefined)
      headers[member.name] = value[member.name] as FrameHeader;
  const payload = shape.members.find(({ place }) => place === "eventPayload");
  if (payload !== undefined) {
    const [contentType, bytes] = encodePayload(payload, value[payload.name], codec);
    return message("event", event.name, contentType, bytes, headers);
  }
  if (!shape.members.some(({ place }) => place === "body"))
    return message("event", event.name, undefined, NOTHING, headers);
  return message("event", event.name, codec.contentType, codec.structure(shape, value), headers);
}

function encodePayload(
  { shape }: Member,
  value: unknown,
  codec: EventCodec,
): [contentType: string, bytes: Uint8Array] {
  switch (shape.kind) {
    case "blob":
      return ["application/octet-stream", (value as Uint8Array | undefined) ?? NOTHING];
    case "string":
      return ["text/plain", Buffer.from((value as string | undefined) ?? "")];
    case "structure":
    case "union":
      return [codec.contentType, codec.structure(shape, value ?? {})];
    default:
      throw new TypeError(`${shape.name} cannot be the payload of an event`);
  }
}

/** An error that the stream's shape knows is an exception with its members; any other has a code and a message. */
function encodeError(
  error: unknown,
  stream: StructureShape,
  codec: EventCodec,
  options: {
    readonly errorShape: (code: string) => StructureShape | undefined;
    readonly onDefect: (error: unknown) => void;
  },
): Uint8Array {
  if (!(error instanceof AwsError)) {
    options.onDefect(error);
    return unknownError(
      "InternalFailure",
      "The request processing has failed because of an unknown error",
    );
  }
  const { code, message: text, members } = error;
  const known = options.errorShape(code);
  const event = stream.members.find(({ shape }) => shape === known);
  if (known === undefined || event === undefined) return unknownError(code, text);
  const payload = codec.structure(known, { message: text, Message: text, ...members });
  return message("exception", event.name, codec.contentType, payload);
}

function unknownError(code: string, text: string): Uint8Array {
  return encodeFrame({
    headers: { ":error-code": code, ":error-message": text, ":message-type": "error" },
    payload: NOTHING,
  });
}
