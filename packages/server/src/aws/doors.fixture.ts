/** The wire on a real socket, with doors behind it that do what a test says and remember what arrived. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before } from "node:test";
import { startWire, type Wire } from "../../../../tests/protocol/wire.ts";
import type { Doors } from "./api/index.ts";
import type { AwsContext } from "./context.ts";

type Behaviour = (input: never, context: AwsContext) => Promise<object>;

/** Opens the wire before the tests of a file and closes it after them. */
export function openDoors() {
  let wire: Wire;
  before(async () => {
    wire = await startWire(doorsOf(method));
  });
  after(() => wire.close());

  async function method(input: object, context: AwsContext): Promise<object> {
    doors.seen = { input, context };
    return doors.behave(input as never, context);
  }

  const doors = {
    /** What the doors saw last. */
    seen: undefined as { input: unknown; context: AwsContext } | undefined,
    /** What they do. */
    behave: (async () => ({})) as Behaviour,

    get origin(): string {
      return wire.origin;
    },
    get defects(): Wire["defects"] {
      return wire.defects;
    },

    /** Sends a request; the door answers `answer` or does what it says. */
    async ask(
      path: string,
      init: RequestInit & { readonly duplex?: "half" } = {},
      answer: object | Behaviour = {},
    ) {
      doors.seen = undefined;
      doors.behave = typeof answer === "function" ? (answer as Behaviour) : async () => answer;
      const response = await fetch(wire.origin + path, init);
      return { status: response.status, headers: response.headers, text: await response.text() };
    },

    /** A connection for what no client would send. */
    async connect(): Promise<Socket> {
      const socket = connect(Number(new URL(wire.origin).port), "127.0.0.1");
      socket.on("error", () => undefined);
      await once(socket, "connect");
      return socket;
    },
  };
  return doors;
}

/** Some operations of every protocol and of every quirk. */
function doorsOf(method: (input: object, context: AwsContext) => Promise<object>): Doors {
  return {
    lambda: {
      Invoke: method,
      CreateFunction: method,
      GetFunction: method,
      TagResource: method as never,
    },
    s3: { PutObject: method, GetObject: method, HeadObject: method, DeleteObjects: method },
    dynamodb: { ListTables: method },
    sqs: { SendMessage: method, GetQueueUrl: method as never },
    sts: { GetCallerIdentity: method, AssumeRoleWithWebIdentity: method },
    cloudwatch: { PutMetricData: method as never, DescribeAlarms: method },
    cloudfront: { CreateInvalidation: method as never },
    apigatewayv2: { GetApis: method },
    apigateway: { GetRestApis: method },
    logs: { StartLiveTail: method },
  };
}

/** The header of a signature, as far as anybody reads it. */
export const signed = (service: string, region = "eu-west-1") => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKID/20261122/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

/** The headers of a call of the protocol awsJson1_0. */
export const json = (target: string) => ({
  "content-type": "application/x-amz-json-1.0",
  "x-amz-target": target,
});

/** The header of a call of the protocol awsQuery. */
export const FORM = { "content-type": "application/x-www-form-urlencoded" };
