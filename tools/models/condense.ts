import type {
  ErrorFile,
  Kind,
  MemberFile,
  ModelFile,
  OperationFile,
  Place,
  ProtocolName,
  ShapeFile,
  TimestampFormat,
  XmlNamespace,
} from "../../packages/server/src/aws/model-file.ts";
import type {
  SourceMetadata,
  SourceModel,
  SourceNamespace,
  SourceOperation,
  SourceReference,
  SourceShape,
} from "./botocore.ts";

/** botocore's model -> ours: what the wire needs, without prose and without what no operation reaches. */
export function condense(service: string, model: SourceModel): ModelFile {
  const { metadata } = model;
  const operations = condenseOperations(model);
  return {
    service,
    serviceId: metadata.serviceId ?? service,
    version: metadata.apiVersion,
    uid: metadata.uid ?? service,
    protocols: (metadata.protocols ?? [metadata.protocol]).map((name) => protocol(name, metadata)),
    signingName: metadata.signingName ?? metadata.endpointPrefix,
    endpointPrefix: metadata.endpointPrefix,
    ...defined("targetPrefix", metadata.targetPrefix),
    ...defined("xmlNamespace", namespace(metadata.xmlNamespace)?.uri),
    ...flag("queryCompatible", metadata.awsQueryCompatible !== undefined),
    ...defined("constraints", metadata.constraints),
    operations,
    shapes: condenseShapes(model, operations),
  };
}

function protocol(name: string, metadata: SourceMetadata): ProtocolName {
  switch (name) {
    case "rest-json":
      return "restJson1";
    case "rest-xml":
      return "restXml";
    case "query":
      return "awsQuery";
    case "smithy-rpc-v2-cbor":
      return "rpcv2Cbor";
    case "json":
      return metadata.jsonVersion === "1.0" ? "awsJson1_0" : "awsJson1_1";
    default:
      throw new Error(`the protocol ${name} is not known`);
  }
}

/** botocore calls CloudFront's operations `GetDistribution2020_05_31`; AWS and its SDKs do not. */
const VERSION_SUFFIX = /\d{4}_\d\d_\d\d$/;

function condenseOperations(model: SourceModel): Record<string, OperationFile> {
  const sharing = new Map<string, SourceOperation[]>();
  for (const operation of Object.values(model.operations)) {
    const route = routeOf(operation);
    sharing.set(route, [...(sharing.get(route) ?? []), operation]);
  }
  const out: Record<string, OperationFile> = {};
  for (const operation of Object.values(model.operations)) {
    const rivals = sharing.get(routeOf(operation)) ?? [];
    const { http, input, output, errors } = operation;
    const name = operation.name.replace(VERSION_SUFFIX, "");
    out[name] = {
      ...unless("POST", "method", http?.method ?? "POST"),
      ...unless("/", "uri", http?.requestUri ?? "/"),
      ...unless(200, "status", http?.responseCode ?? 200),
      ...defined("input", input?.shape),
      ...defined("output", output?.shape),
      ...(errors?.length ? { errors: errors.map(({ shape }) => shape) } : {}),
      ...(rivals.length > 1 && model.metadata.protocol.startsWith("rest")
        ? defined("needs", needs(model, operation))
        : {}),
      ...unless(`${name}Result`, "root", output?.resultWrapper ?? output?.locationName),
    };
  }
  return out;
}

/** Method and path with anonymous labels, without literal query parameters. */
function routeOf({ http }: SourceOperation): string {
  const path = http?.requestUri?.split("?", 1)[0] ?? "/";
  return `${http?.method} ${path.replace(/\{[^}+]*/g, "{")}`;
}

function needs(model: SourceModel, { input }: SourceOperation): OperationFile["needs"] {
  const shape = input && model.shapes[input.shape];
  if (!shape) return undefined;
  const at = (location: string) =>
    Object.entries(shape.members ?? {})
      .filter(([name, member]) => member.location === location && shape.required?.includes(name))
      .map(([name, member]) => member.locationName ?? name);
  const query = at("querystring");
  const headers = at("header").map((name) => name.toLowerCase());
  if (query.length === 0 && headers.length === 0) return undefined;
  return { ...(query.length ? { query } : {}), ...(headers.length ? { headers } : {}) };
}

function condenseShapes(
  model: SourceModel,
  operations: Readonly<Record<string, OperationFile>>,
): Record<string, ShapeFile> {
  const reached = new Map<string, ShapeFile>();
  const visit = (name: string | undefined) => {
    if (name === undefined || reached.has(name)) return;
    const source = model.shapes[name];
    if (!source) throw new Error(`the shape ${name} is missing`);
    reached.set(name, condenseShape(name, source, model));
    for (const { shape } of references(source)) visit(shape);
  };
  for (const { input, output, errors = [] } of Object.values(operations)) {
    visit(input);
    visit(output);
    errors.forEach(visit);
  }
  // A service may throw an error that the operation does not list, and clients know it all the same.
  for (const [name, shape] of Object.entries(model.shapes)) if (shape.exception) visit(name);
  return Object.fromEntries([...reached].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const references = ({ members = {}, member, key, value }: SourceShape) =>
  [...Object.values(members), member, key, value].filter((reference) => reference !== undefined);

function condenseShape(name: string, source: SourceShape, model: SourceModel): ShapeFile {
  const member = (name: string, reference: SourceReference) =>
    condenseMember(name, reference, source, model);
  return {
    type: kind(source),
    ...(source.members && {
      members: Object.fromEntries(
        Object.entries(source.members).map(([name, reference]) => [name, member(name, reference)]),
      ),
    }),
    ...(source.required?.length ? { required: source.required } : {}),
    ...(source.member && { item: member("member", source.member) }),
    ...(source.key && { key: member("key", source.key) }),
    ...(source.value && { value: member("value", source.value) }),
    ...defined("min", source.min),
    ...defined("max", source.max),
    ...defined("pattern", source.pattern),
    ...defined("enum", source.enum),
    ...defined("timestamp", timestamp(source.timestampFormat)),
    ...defined("xmlName", source.locationName),
    ...defined("xmlNamespace", namespace(source.xmlNamespace)),
    ...flag("sensitive", source.sensitive),
    ...flag("streaming", source.streaming),
    ...flag("eventStream", source.eventstream),
    ...flag("sparse", source.sparse),
    ...(source.exception && { error: condenseError(name, source) }),
  };
}

function condenseError(name: string, { error, fault }: SourceShape): ErrorFile {
  return {
    ...unless(name, "code", error?.code),
    status: error?.httpStatusCode ?? (fault ? 500 : 400),
    fault: fault || (error?.httpStatusCode ?? 400) >= 500 ? "server" : "client",
  };
}

function kind(source: SourceShape): Kind {
  if (source.document) return "document";
  if (source.union) return "union";
  if (source.type === "character") return "string";
  return source.type as Kind;
}

function condenseMember(
  name: string,
  reference: SourceReference,
  parent: SourceShape,
  model: SourceModel,
): string | MemberFile {
  const target = model.shapes[reference.shape];
  if (!target) throw new Error(`the shape ${reference.shape} is missing`);
  const flat = reference.flattened ?? target.flattened ?? false;
  const place = placeOf(name, reference, parent, target);
  // Flattened elements stand in the parent; our patches give the name of all lists or maps of a shape at once.
  const wire = reference.locationName ?? (flat ? target.locationName : undefined) ?? name;
  const member: MemberFile = {
    shape: reference.shape,
    ...unless<"place", Place>("body", "place", place),
    ...unless(
      name,
      "wire",
      place.endsWith("eader") || place === "prefixHeaders" ? wire.toLowerCase() : wire,
    ),
    ...flag("flat", flat),
    ...flag("attribute", reference.xmlAttribute),
    ...flag("jsonValue", reference.jsonvalue),
    ...flag("streaming", reference.streaming ?? target.streaming),
    ...defined("timestamp", timestamp(reference.timestampFormat)),
    ...defined("xmlNamespace", namespace(reference.xmlNamespace)),
  };
  return Object.keys(member).length === 1 ? member.shape : member;
}

function placeOf(
  name: string,
  reference: SourceReference,
  parent: SourceShape,
  target: SourceShape,
): Place {
  if (reference.eventpayload) return "eventPayload";
  if (reference.eventheader) return "eventHeader";
  switch (reference.location) {
    case "uri":
      return "label";
    case "querystring":
      return target.type === "map" ? "queryParams" : "query";
    case "header":
      return "header";
    case "headers":
      return "prefixHeaders";
    case "statusCode":
      return "status";
    default:
      return parent.payload === name ? "payload" : "body";
  }
}

function timestamp(format: string | undefined): TimestampFormat | undefined {
  switch (format) {
    case undefined:
      return undefined;
    case "iso8601":
      return "date-time";
    case "rfc822":
      return "http-date";
    case "unixTimestamp":
      return "epoch-seconds";
    default:
      throw new Error(`the timestamp format ${format} is not known`);
  }
}

function namespace(source: string | SourceNamespace | undefined): XmlNamespace | undefined {
  if (source === undefined) return undefined;
  if (typeof source === "string") return { uri: source };
  return { uri: source.uri, ...defined("prefix", source.prefix) };
}

const defined = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };

const unless = <K extends string, V>(usual: V, key: K, value: V | undefined) =>
  defined(key, value === usual ? undefined : value);

const flag = <K extends string>(key: K, value: boolean | undefined) =>
  (value ? { [key]: true } : {}) as { [P in K]?: true };
