/**
 * Being AWS on the wire: from an HTTP request to a door's method and back. The path of a request, in order: read its
 * head, find its service (`router.ts`), then operation, input, door and output (`serve.ts`), and send the answer.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { bareError } from "./bare-error.ts";
import { ClientGone, RequestBody } from "./body.ts";
import type { CatalogEntry } from "./catalog-entry.ts";
import { Malformed } from "./codecs/malformed.ts";
import { type Endpoint, endpointsOf } from "./endpoint.ts";
import { AwsError } from "./error.ts";
import { type AwsOptions, type Exchange, reportDefect } from "./exchange.ts";
import { readForm } from "./protocols/query.ts";
import { readFormBody } from "./read-body.ts";
import { type AwsRequest, type AwsResponse, readRequest } from "./request.ts";
import { formService, S3, serviceOf } from "./router.ts";
import { send } from "./send.ts";
import { serve } from "./serve.ts";

export type { AwsOptions, DefectPlace } from "./exchange.ts";

export type AwsListener = (incoming: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Serves AWS's protocols. The promise resolves once a request is over, and never rejects. */
export function createAws(options: AwsOptions): AwsListener {
  const endpointOf = endpointsOf(options.doors);
  return async (incoming, response) => {
    const body = new RequestBody(incoming, response);
    const exchange: Exchange = { options, incoming, response, body, requestId: randomUUID() };
    try {
      const answer = await answerTo(exchange, endpointOf);
      body.settle();
      await send(incoming.method ?? "GET", answer, response);
      body.discard();
    } catch (error) {
      if (!(error instanceof ClientGone)) reportDefect(exchange, error);
      response.destroy();
    }
  };
}

async function answerTo(
  exchange: Exchange,
  endpointOf: (entry: CatalogEntry) => Endpoint,
): Promise<AwsResponse> {
  const request = readRequest(exchange.incoming, exchange.requestId);
  const found = await findService(exchange, request);
  if (found instanceof AwsError) return bareError(request, found);
  return serve(exchange, request, endpointOf(found.entry), found.form);
}

interface Found {
  readonly entry: CatalogEntry;
  /** The body, where it had to be read. */
  readonly form?: Uint8Array;
}

/** An unsigned form says in its body which service it is for, so that body is read here. */
async function findService(exchange: Exchange, request: AwsRequest): Promise<Found | AwsError> {
  const routed = serviceOf(request);
  if (routed !== undefined && "unknown" in routed)
    return new AwsError("NotImplemented", `Yunque does not serve ${routed.unknown}`, {
      status: 501,
    });
  if (routed !== undefined) return { entry: routed };
  const type = request.headers["content-type"] ?? "";
  if (request.method !== "POST" || !type.startsWith("application/x-www-form-urlencoded"))
    return { entry: S3 };
  try {
    const form = await readFormBody(exchange, request);
    return { entry: formService(readForm(request.query, form), request.path) ?? S3, form };
  } catch (error) {
    if (error instanceof AwsError) return error;
    if (error instanceof Malformed)
      return new AwsError("MalformedInput", error.message, { status: 400 });
    throw error;
  }
}
