/** How much of a body is read, and when: streaming operations get it as it comes, all others when it is there. */
import { collect, decompress } from "./body.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Exchange } from "./exchange.ts";
import { tooLarge } from "./faults.ts";
import type { Operation } from "./model.ts";
import { streamsInput } from "./plan.ts";
import type { Body } from "./protocols/protocol.ts";
import type { AwsRequest } from "./request.ts";

/** Of bodies that are read before the door sees them, where no quirk knows better: BatchWriteItem's limit. */
const BODY_LIMIT = 16 * 1024 * 1024;
const EMPTY = new Uint8Array(0);

/** The body of a call, as its operation wants it. */
export async function readBody(
  exchange: Exchange,
  request: AwsRequest,
  { quirks }: Endpoint,
  operation: Operation,
): Promise<Body> {
  const streams = streamsInput(operation.input);
  if (!exchange.body.present) return streams ? nothing() : EMPTY;
  const raw = exchange.body.bytes();
  const bytes = quirks.body?.(request, operation, raw) ?? raw;
  if (streams) return bytes;
  const limit = quirks.bodyLimit?.(operation);
  return readAll(
    exchange,
    request,
    bytes,
    limit?.bytes ?? BODY_LIMIT,
    limit?.called ?? operation.name,
  );
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** The body of a form, which names the operation itself. */
export async function readFormBody(exchange: Exchange, request: AwsRequest): Promise<Uint8Array> {
  if (!exchange.body.present) return EMPTY;
  return readAll(exchange, request, exchange.body.bytes(), BODY_LIMIT, "requested");
}

async function readAll(
  { body }: Exchange,
  request: AwsRequest,
  bytes: AsyncIterable<Uint8Array>,
  limit: number,
  called: string,
): Promise<Uint8Array> {
  const refuse = () => tooLarge(limit, called);
  body.checkLength(limit, refuse);
  const read = await collect(bytes, limit, refuse);
  return decompress(read, request.headers["content-encoding"], limit, refuse);
}
