/** One service as it is served: its model, its door, its quirks, and the protocols that it speaks. */
import type { Doors } from "./api/index.ts";
import type { CatalogEntry } from "./catalog-entry.ts";
import type { AwsContext } from "./context.ts";
import { loadService, type Service } from "./model.ts";
import type { ProtocolName } from "./model-file.ts";
import { awsCbor, CBOR_TYPE } from "./protocols/aws-cbor.ts";
import { awsJson } from "./protocols/aws-json.ts";
import type { Output, Protocol } from "./protocols/protocol.ts";
import { awsQuery } from "./protocols/query.ts";
import { restJson } from "./protocols/rest-json.ts";
import { restXml } from "./protocols/rest-xml.ts";
import { rpcCbor } from "./protocols/rpc-cbor.ts";
import { quirksOf } from "./quirks/index.ts";
import type { Quirks } from "./quirks.ts";
import type { AwsRequest } from "./request.ts";

export interface Endpoint {
  readonly service: Service;
  readonly quirks: Quirks;
  /** In the order of the model's preference. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  /** Behaviour by operation. */
  readonly door: Readonly<Record<string, Method | undefined>>;
}

export type Method = (
  input: Record<string, unknown>,
  context: AwsContext,
) => Promise<Output | undefined>;

/** Makes the endpoint of a service when it is first asked for. */
export function endpointsOf(doors: Doors): (entry: CatalogEntry) => Endpoint {
  const endpoints = new Map<string, Endpoint>();
  return ({ service: name }) => {
    let endpoint = endpoints.get(name);
    if (endpoint === undefined) {
      const door = (doors as Readonly<Record<string, object | undefined>>)[name];
      endpoint = createEndpoint(loadService(name), (door ?? {}) as Endpoint["door"]);
      endpoints.set(name, endpoint);
    }
    return endpoint;
  };
}

/** An endpoint of any model; the tests make some of Smithy's. */
export function createEndpoint(
  service: Service,
  door: Endpoint["door"],
  quirks: Quirks = quirksOf(service.name),
): Endpoint {
  const names = [...service.protocols, ...(quirks.alsoSpeaks ? [quirks.alsoSpeaks] : [])];
  const [first, ...others] = names.map((name) => createProtocol(name, service, quirks));
  if (first === undefined) throw new Error(`${service.name} speaks no protocol`);
  return { service, quirks, protocols: [first, ...others], door };
}

function createProtocol(name: ProtocolName, service: Service, quirks: Quirks): Protocol {
  switch (name) {
    case "restJson1":
      return restJson(service);
    case "restXml":
      return restXml(service);
    case "awsQuery":
      return awsQuery(service);
    case "rpcv2Cbor":
      return rpcCbor(service);
    case "awsCbor1_1":
      return awsCbor(service);
    default:
      return awsJson(service, name, quirks.errorNamespace);
  }
}

/** The protocol that a request is written in; where it does not say, the one that the service prefers. */
export function protocolOf({ protocols }: Endpoint, request: AwsRequest): Protocol {
  if (protocols.length === 1) return protocols[0];
  const { headers, query } = request;
  const type = headers["content-type"] ?? "";
  const speaks = (test: (name: ProtocolName) => boolean) =>
    protocols.find(({ name }) => test(name));
  let found: Protocol | undefined;
  if (headers["smithy-protocol"] === "rpc-v2-cbor") found = speaks((name) => name === "rpcv2Cbor");
  else if (type.startsWith(CBOR_TYPE)) found = speaks((name) => name === "awsCbor1_1");
  else if (headers["x-amz-target"] !== undefined)
    found = speaks((name) => name.startsWith("awsJson"));
  else if (type.startsWith("application/x-www-form-urlencoded") || query.has("Action"))
    found = speaks((name) => name === "awsQuery");
  return found ?? protocols[0];
}
