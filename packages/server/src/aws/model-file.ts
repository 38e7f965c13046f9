/**
 * `models/<service>.json`: the facts of one AWS API model that the wire needs, and no prose. Written by
 * `npm run models`, read by `model.ts`. Whatever has its usual value is left out.
 */
export interface ModelFile {
  /** Our key of the service, the model's directory in botocore: "lambda", "iot-data". */
  readonly service: string;
  /** AWS's name of it: "Lambda", "IoT Data Plane". */
  readonly serviceId: string;
  readonly version: string;
  readonly uid: string;
  /** What the service speaks, the preferred one first. */
  readonly protocols: readonly ProtocolName[];
  /** What a SigV4 credential scope calls it: "lambda", "monitoring". */
  readonly signingName: string;
  readonly endpointPrefix: string;
  /** Before the dot of `X-Amz-Target`, and the service's name in an rpcv2Cbor path. */
  readonly targetPrefix?: string;
  readonly xmlNamespace?: string;
  /** Errors carry `x-amzn-query-error` for clients that were written against the query protocol. */
  readonly queryCompatible?: true;
  /** The wire checks required members only: the service words everything else itself, in its door. */
  readonly constraints?: "required";
  readonly operations: Readonly<Record<string, OperationFile>>;
  readonly shapes: Readonly<Record<string, ShapeFile>>;
}

export type ProtocolName =
  | "restJson1"
  | "restXml"
  | "awsJson1_0"
  | "awsJson1_1"
  | "awsQuery"
  | "rpcv2Cbor"
  /** Of no model: see quirks.ts. */
  | "awsCbor1_1";

export interface OperationFile {
  /** Default POST. */
  readonly method?: string;
  /** Default "/". Labels as `{Name}` and `{Name+}`, literal query parameters after the question mark. */
  readonly uri?: string;
  /** Default 200. */
  readonly status?: number;
  readonly input?: string;
  readonly output?: string;
  readonly errors?: readonly string[];
  /** Query parameters and headers that tell the operation from others with the same method and path. */
  readonly needs?: { readonly query?: readonly string[]; readonly headers?: readonly string[] };
  /** The element around an awsQuery result, where it is not `<Operation>Result`; and of a restXml body. */
  readonly root?: string;
}

export interface ShapeFile {
  readonly type: Kind;
  /** Of structures and unions. A text is the shape's name, for a member with nothing else to say. */
  readonly members?: Readonly<Record<string, string | MemberFile>>;
  readonly required?: readonly string[];
  /** Of lists. */
  readonly item?: string | MemberFile;
  /** Of maps. */
  readonly key?: string | MemberFile;
  readonly value?: string | MemberFile;
  readonly min?: number;
  readonly max?: number;
  /** As the model has it: a Java pattern that the whole value must match. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly timestamp?: TimestampFormat;
  readonly xmlName?: string;
  readonly xmlNamespace?: XmlNamespace;
  readonly error?: ErrorFile;
  /** Values never appear in messages or logs. */
  readonly sensitive?: true;
  readonly streaming?: true;
  readonly eventStream?: true;
  /** Null items and values are kept. */
  readonly sparse?: true;
}

export type Kind =
  | "string"
  | "boolean"
  | "byte"
  | "short"
  | "integer"
  | "long"
  | "float"
  | "double"
  | "blob"
  | "timestamp"
  | "document"
  | "list"
  | "map"
  | "structure"
  | "union";

export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

export interface XmlNamespace {
  readonly uri: string;
  readonly prefix?: string;
}

export interface ErrorFile {
  /** On the wire, where it is not the shape's name. */
  readonly code?: string;
  readonly status: number;
  readonly fault: "client" | "server";
}

export interface MemberFile {
  readonly shape: string;
  /** Default "body". */
  readonly place?: Place;
  /** Its name there, where it is not the member's own; lower case for headers. */
  readonly wire?: string;
  readonly flat?: true;
  readonly attribute?: true;
  /** JSON in base64, in a header. */
  readonly jsonValue?: true;
  readonly streaming?: true;
  readonly timestamp?: TimestampFormat;
  readonly xmlNamespace?: XmlNamespace;
}

/**
 * Where a member travels. `body` is the default and the only place of the RPC protocols; `payload` is the whole
 * body; `queryParams` and `prefixHeaders` are maps; `event...` are the places inside an event of an event stream.
 */
export type Place =
  | "body"
  | "label"
  | "query"
  | "queryParams"
  | "header"
  | "prefixHeaders"
  | "payload"
  | "status"
  | "eventHeader"
  | "eventPayload";
