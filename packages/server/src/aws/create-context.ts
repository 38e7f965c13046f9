import type { IncomingMessage, ServerResponse } from "node:http";
import type { AwsContext } from "./context.ts";
import { AwsError } from "./error.ts";
import type { AwsRequest } from "./request.ts";

/** What a door is told of a request. @throws AwsError where the signature names an impossible region. */
export function createContext(
  from: {
    readonly options: { readonly account: string; readonly defaultRegion: string };
    readonly incoming: IncomingMessage;
    readonly response: ServerResponse;
  },
  { requestId, headers, host, signature }: AwsRequest,
  service: string,
  operation: string,
): AwsContext {
  const { options, incoming, response } = from;
  let controller: AbortController | undefined;
  return {
    account: options.account,
    region: regionOf(signature?.region, options.defaultRegion),
    requestId,
    service,
    operation,
    accessKeyId: signature?.accessKeyId,
    headers,
    sourceIp: incoming.socket.remoteAddress ?? "",
    origin: originOf(incoming, host),
    get signal() {
      controller ??= abortOnClose(response);
      return controller.signal;
    },
    reply: { headers: {} },
  };
}

/** Regions become parts of names, so they must look like one; which ones exist is nobody's business. */
function regionOf(signed: string | undefined, usual: string): string {
  if (signed === undefined || signed === "aws-global") return usual;
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(signed))
    throw new AwsError("SignatureDoesNotMatch", "Credential should be scoped to a valid region.", {
      status: 403,
    });
  return signed;
}

function originOf({ socket }: IncomingMessage, host: string): string {
  const scheme = "encrypted" in socket ? "https" : "http";
  return `${scheme}://${host || `${socket.localAddress}:${socket.localPort}`}`;
}

function abortOnClose(response: ServerResponse): AbortController {
  const controller = new AbortController();
  if (response.destroyed) controller.abort();
  else
    response.once("close", () => {
      if (!response.writableFinished) controller.abort();
    });
  return controller;
}
