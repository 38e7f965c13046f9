/** The protocols that CloudWatch speaks, for AWS's client. */
import { createRequire } from "node:module";
import type { CloudWatchClientConfig } from "@aws-sdk/client-cloudwatch";

export type ProtocolName = "json" | "query" | "smithy-rpc-v2-cbor";

type Protocol = NonNullable<CloudWatchClientConfig["protocol"]>;

/** The client's own dependency: it has the other protocols, and does not hand them on. */
const own = createRequire(import.meta.resolve("@aws-sdk/client-cloudwatch"));
const protocols = own("@aws-sdk/core/protocols") as Record<string, Protocol>;

const NAMES: Readonly<Record<ProtocolName, string>> = {
  json: "AwsJson1_0Protocol",
  query: "AwsQueryProtocol",
  "smithy-rpc-v2-cbor": "AwsSmithyRpcV2CborProtocol",
};

export function protocolOf(name: ProtocolName): { readonly protocol: Protocol } {
  const protocol = protocols[NAMES[name]];
  if (protocol === undefined) throw new Error(`the client has no ${NAMES[name]}`);
  return { protocol };
}
