/** How much of a body is read, and when: streaming operations get it as it comes, all others when it is there. */
import { collect, decompress } from "./body.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Exchange } from "./exchange.ts";
import { tooLarge } from "./faults.ts";
import type { Operation } from "./model.ts";
import { streamsInput } from "./plan.ts";
import type { Body } from "./protocols/protocol.ts";
import type { Quirks } from "./quirks.ts";
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
  if (streams) return transformed(exchange.body.bytes(), request, quirks, operation);
  const limit = quirks.bodyLimit?.(operation);
  const bytes = limit?.bytes ?? BODY_LIMIT;
  const refuse = () => tooLarge(bytes, limit?.called ?? operation.name);
  const body =
    quirks.body === undefined
      ? await exchange.body.read(bytes, refuse)
      : await collect(quirks.body(request, operation, exchange.body.bytes()), bytes, refuse);
  return decompress(body, request.headers["content-encoding"], bytes, refuse);
}

const transformed = (
  bytes: AsyncIterable<Uint8Array>,
  request: AwsRequest,
  quirks: Quirks,
  operation: Operation,
): AsyncIterable<Uint8Array> => quirks.body?.(request, operation, bytes) ?? bytes;

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** The body of a form, which names the operation itself. */
export async function readFormBody({ body }: Exchange, request: AwsRequest): Promise<Uint8Array> {
  if (!body.present) return EMPTY;
  const refuse = () => tooLarge(BODY_LIMIT, "requested");
  const form = await body.read(BODY_LIMIT, refuse);
  return decompress(form, request.headers["content-encoding"], BODY_LIMIT, refuse);
}
