/** What restJson1 and restXml share: everything but the body's form and that of errors. */
import { readScalar, readUtf8, writeScalar } from "../codecs/text.ts";
import { type EventCodec, encodeEvents } from "../events/stream.ts";
import type { Member, Operation, Service, StructureShape } from "../model.ts";
import { planOf } from "../plan.ts";
import type { AwsRequest, AwsResponse } from "../request.ts";
import { readBindings } from "./bindings-read.ts";
import { writeBindings } from "./bindings-write.ts";
import type { Body, Call, Output, Protocol, WriteOptions } from "./protocol.ts";
import { RestRoutes } from "./rest-routes.ts";

/** The form of a body. */
export interface BodyCodec {
  readonly contentType: string;
  /** Whether an output without body members is written all the same: `{}`. */
  readonly writesEmpty: boolean;
  readStructure(shape: StructureShape, body: Uint8Array): Record<string, unknown>;
  readPayload(member: Member, body: Uint8Array): unknown;
  writeStructure(operation: Operation, shape: StructureShape, output: Output): string;
  writePayload(member: Member, value: unknown): string;
  readonly events: EventCodec;
}

export const EVENT_STREAM = "application/vnd.amazon.eventstream";

/** Finding, reading and writing of a REST protocol with this form of bodies. */
export function restProtocol(
  service: Service,
  codec: BodyCodec,
): Pick<Protocol, "operationInBody" | "find" | "write"> {
  const routes = new RestRoutes(service.operations.values());
  return {
    operationInBody: false,
    find(request: AwsRequest): Call | undefined {
      const match = routes.find(request);
      if (match === undefined) return undefined;
      const { operation } = match;
      return {
        operation,
        read(body) {
          const input: Record<string, unknown> = {};
          if (operation.input === undefined) return input;
          const plan = planOf(operation.input);
          readBindings(plan, request, match, input);
          if (plan.payload !== undefined) readPayload(plan.payload, body, codec, input);
          else if (plan.hasBody && body instanceof Uint8Array && body.length > 0)
            Object.assign(input, codec.readStructure(operation.input, body));
          return input;
        },
      };
    },
    write(operation, output, options) {
      const response: AwsResponse = { status: operation.status, headers: {}, body: undefined };
      if (operation.output !== undefined)
        writeOutput(service, codec, operation, operation.output, output, response, options);
      return response;
    },
  };
}

function readPayload(
  member: Member,
  body: Body,
  codec: BodyCodec,
  input: Record<string, unknown>,
): void {
  if (!(body instanceof Uint8Array)) input[member.name] = body;
  else if (member.shape.kind === "blob") {
    if (body.length > 0) input[member.name] = body;
  } else if (body.length > 0) {
    input[member.name] =
      member.shape.kind === "string"
        ? readScalar(member, readUtf8(body))
        : codec.readPayload(member, body);
  }
}

function writeOutput(
  service: Service,
  codec: BodyCodec,
  operation: Operation,
  shape: StructureShape,
  output: Output,
  response: AwsResponse,
  options: WriteOptions,
): void {
  const plan = planOf(shape);
  writeBindings(plan, output, response);
  if (plan.events !== undefined) {
    const events = output[plan.events.name] as AsyncIterable<Output> | undefined;
    response.headers["content-type"] ??= EVENT_STREAM;
    response.body = encodeEvents(
      plan.events.shape as StructureShape,
      events ?? nothing(),
      codec.events,
      { errorShape: (code) => service.error(code), onDefect: options.onDefect },
    );
  } else if (plan.payload !== undefined) {
    const value = output[plan.payload.name];
    if (value !== undefined && value !== null) writePayload(plan.payload, value, codec, response);
  } else if (codec.writesEmpty || plan.hasBody) {
    response.headers["content-type"] ??= codec.contentType;
    response.body = codec.writeStructure(operation, shape, output);
  }
}

async function* nothing(): AsyncGenerator<never> {}

function writePayload(
  member: Member,
  value: unknown,
  codec: BodyCodec,
  response: AwsResponse,
): void {
  switch (member.shape.kind) {
    case "blob":
      response.headers["content-type"] ??= "application/octet-stream";
      response.body = value as Uint8Array | AsyncIterable<Uint8Array>;
      break;
    case "string":
      response.headers["content-type"] ??= "text/plain";
      response.body = writeScalar(member, value, "date-time");
      break;
    default:
      response.headers["content-type"] ??= codec.contentType;
      response.body = codec.writePayload(member, value);
  }
}
