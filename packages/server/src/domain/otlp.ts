/**
 * OpenTelemetry's spans as segments, and segments as spans. Ids are the same but for X-Ray's dashes; what has no place on the
 * other side is kept as annotations (attributes) or under `metadata.otlp`.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/v1.3.2/opentelemetry/proto/trace/v1/trace.proto
 */
import { type Entity, isObject, MAX_SEGMENT_BYTES, outcomeOf, type Segment } from "./segment.ts";
import { w3cTraceId, xrayTraceId } from "./trace-header.ts";

/** A span in OTLP's JSON form: ids in hex, nanoseconds as text. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly OtlpAttribute[];
  readonly events?: readonly {
    readonly name: string;
    readonly attributes?: readonly OtlpAttribute[];
  }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}
export interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
export interface ResourceSpans {
  readonly resource: { readonly attributes: readonly OtlpAttribute[] };
  readonly scopeSpans: readonly {
    readonly scope: { readonly name: string };
    readonly spans: readonly OtlpSpan[];
  }[];
}

type Plain = string | number | boolean;
type Values = Readonly<Record<string, Plain>>;

/** OTLP: SpanKind. */
const [INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER] = [1, 2, 3, 4, 5];
const STATUS_ERROR = 2;
const MAX_ANNOTATIONS = 50;

/** A span as the document of a segment; undefined where it is none. What came is untrusted. */
export function segmentOfSpan(span: unknown, resource: unknown): string | undefined {
  if (!isObject(span)) return undefined;
  const { traceId, spanId, parentSpanId, name } = span;
  if (typeof traceId !== "string" || typeof spanId !== "string") return undefined;
  const attributes = valuesOf(span["attributes"]);
  const from = valuesOf(isObject(resource) ? resource["attributes"] : undefined);
  const kind = typeof span["kind"] === "number" ? span["kind"] : INTERNAL;
  const parent = typeof parentSpanId === "string" && /[1-9a-f]/i.test(parentSpanId);
  const whole = !parent || kind === SERVER || kind === CONSUMER;
  const service = from["service.name"] ?? "unknown_service";
  const calls = kind === CLIENT || kind === PRODUCER;
  const called =
    attributes["peer.service"] ?? attributes["rpc.service"] ?? attributes["server.address"];
  const failed = isObject(span["status"]) && span["status"]["code"] === STATUS_ERROR;
  const http = httpOf(attributes);
  const refused = (http?.response?.status ?? 0) >= 400 && (http?.response?.status ?? 0) < 500;
  const account = from["cloud.account.id"];
  const document = {
    trace_id: xrayTraceId(traceId.toLowerCase()),
    id: spanId.toLowerCase(),
    ...(parent ? { parent_id: parentSpanId.toLowerCase() } : {}),
    ...(whole ? {} : { type: "subsegment" }),
    name: nameOf(whole ? service : ((calls ? called : undefined) ?? name)),
    start_time: secondsOf(span["startTimeUnixNano"]),
    end_time: secondsOf(span["endTimeUnixNano"]),
    ...(!whole && calls
      ? { namespace: attributes["rpc.system"] === "aws-api" ? "aws" : "remote" }
      : {}),
    ...(from["cloud.platform"] === "aws_lambda" && whole
      ? { origin: "AWS::Lambda::Function" }
      : {}),
    ...(http === undefined ? {} : { http }),
    ...(account === undefined ? {} : { aws: { account_id: String(account) } }),
    ...(failed ? (refused ? { error: true } : { fault: true }) : {}),
    ...causeOf(span["events"], String(spanId)),
    ...linksOf(span["links"]),
    annotations: annotationsOf(attributes),
    metadata: { otlp: { name: typeof name === "string" ? name.slice(0, 500) : "", kind } },
  };
  const text = JSON.stringify(document);
  if (Buffer.byteLength(text) <= MAX_SEGMENT_BYTES) return text;
  return JSON.stringify({ ...document, annotations: {}, cause: undefined });
}

const nameOf = (name: unknown): string =>
  String(name)
    .replace(/[^\p{L}\p{N}\p{Z}_.:/%&#=+\\\-@]/gu, "_")
    .slice(0, 200) || "unknown";

const secondsOf = (nanos: unknown): number | undefined => {
  const value = typeof nanos === "string" || typeof nanos === "number" ? Number(nanos) / 1e9 : NaN;
  return Number.isFinite(value) ? value : undefined;
};

/** Attributes that are plain values; the others as JSON text. */
function valuesOf(list: unknown): Values {
  const values: Record<string, Plain> = Object.create(null);
  if (!Array.isArray(list)) return values;
  for (const each of list) {
    if (!isObject(each) || typeof each["key"] !== "string" || !isObject(each["value"])) continue;
    const [kind, value] = Object.entries(each["value"]).find(([, is]) => is != null) ?? [];
    if (kind === "stringValue") values[each["key"]] = String(value);
    else if (kind === "boolValue") values[each["key"]] = value === true;
    else if (kind === "intValue" || kind === "doubleValue") values[each["key"]] = Number(value);
    else if (kind !== undefined) values[each["key"]] = JSON.stringify(value).slice(0, 4_096);
  }
  return values;
}

function annotationsOf(values: Values): Record<string, Plain> {
  const entries = Object.entries(values).slice(0, MAX_ANNOTATIONS);
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key.replace(/[^\w.]/g, "_").slice(0, 500),
      typeof value === "string" ? value.slice(0, 1_000) : value,
    ]),
  );
}

function httpOf(values: Values): Entity["http"] {
  const text = (...keys: string[]) => {
    const found = keys.map((key) => values[key]).find((value) => value !== undefined);
    return found === undefined ? undefined : String(found);
  };
  const said = {
    method: text("http.request.method", "http.method"),
    url: text("url.full", "http.url"),
    user_agent: text("user_agent.original", "http.user_agent"),
    client_ip: text("client.address", "http.client_ip"),
  };
  const status = Number(text("http.response.status_code", "http.status_code"));
  const request = Object.fromEntries(Object.entries(said).filter(([, value]) => value));
  if (Object.keys(request).length === 0 && !(status > 0)) return undefined;
  return { request, ...(status > 0 ? { response: { status } } : {}) };
}

function causeOf(events: unknown, id: string): { cause?: unknown } {
  if (!Array.isArray(events)) return {};
  const exceptions = events.slice(0, 10).flatMap((event) => {
    if (!isObject(event) || event["name"] !== "exception") return [];
    const values = valuesOf(event["attributes"]);
    const said = (key: string) => String(values[`exception.${key}`] ?? "").slice(0, 1_000);
    return [{ id, type: said("type"), message: said("message") }];
  });
  return exceptions.length === 0 ? {} : { cause: { exceptions } };
}

function linksOf(links: unknown): { links?: unknown } {
  if (!Array.isArray(links) || links.length === 0) return {};
  return {
    links: links
      .slice(0, 100)
      .flatMap((link) =>
        isObject(link) && typeof link["traceId"] === "string"
          ? [{ trace_id: xrayTraceId(link["traceId"]), id: link["spanId"] }]
          : [],
      ),
  };
}

/** A segment and its subsegments as spans of one resource; empty while it is not over. */
export function spansOf(segment: Segment): ResourceSpans | undefined {
  const spans: OtlpSpan[] = [];
  const traceId = w3cTraceId(segment.trace_id);
  const add = (entity: Entity, parent: string | undefined): void => {
    if (entity.end_time !== undefined)
      spans.push(spanOf(entity, traceId, parent, entity === segment ? segment : undefined));
    for (const each of entity.subsegments ?? []) add(each, entity.id);
  };
  add(segment, segment.parent_id);
  if (spans.length === 0) return undefined;
  const account = segment.aws?.["account_id"];
  const resource = {
    "service.name": segment.name,
    "cloud.provider": "aws",
    ...(typeof account === "string" ? { "cloud.account.id": account } : {}),
    ...(segment.origin === undefined ? {} : { "aws.xray.origin": segment.origin }),
    ...(segment.resource_arn === undefined ? {} : { "cloud.resource_id": segment.resource_arn }),
  };
  return {
    resource: { attributes: attributesOf(resource) },
    scopeSpans: [{ scope: { name: "yunque" }, spans }],
  };
}

function spanOf(
  entity: Entity,
  traceId: string,
  parent: string | undefined,
  segment: Segment | undefined,
): OtlpSpan {
  const { error, fault } = outcomeOf(entity);
  const { request = {}, response = {} } = entity.http ?? {};
  const own = isObject(entity.metadata?.["otlp"]) ? entity.metadata["otlp"] : {};
  const usual =
    segment !== undefined && segment.type === undefined
      ? segment.origin === "AWS::SQS::Queue"
        ? CONSUMER
        : SERVER
      : entity.namespace === undefined
        ? INTERNAL
        : CLIENT;
  const said: Record<string, unknown> = {
    "http.request.method": request.method,
    "url.full": request.url,
    "user_agent.original": request.user_agent,
    "client.address": request.client_ip,
    "http.response.status_code": response.status,
    "aws.request_id": entity.aws?.["request_id"],
    "faas.invoked_name": entity.aws?.["function_arn"] === undefined ? undefined : segment?.name,
    ...entity.annotations,
  };
  const links = (entity.links ?? []).flatMap((link) =>
    isObject(link) && typeof link["trace_id"] === "string"
      ? [{ traceId: w3cTraceId(link["trace_id"]), spanId: String(link["id"] ?? "") }]
      : [],
  );
  return {
    traceId,
    spanId: entity.id,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name: typeof own["name"] === "string" && own["name"] !== "" ? own["name"] : entity.name,
    kind: typeof own["kind"] === "number" ? own["kind"] : (usual ?? 1),
    startTimeUnixNano: nanosOf(entity.start_time),
    endTimeUnixNano: nanosOf(entity.end_time ?? entity.start_time),
    attributes: attributesOf(said),
    ...(links.length === 0 ? {} : { links }),
    status: error || fault ? { code: STATUS_ERROR } : {},
  };
}

/** Seconds hold microseconds at most, so the rest of a nanosecond is nothing that anybody said. */
const nanosOf = (seconds: number): string => `${Math.round(seconds * 1e6)}000`;

const attributesOf = (values: Readonly<Record<string, unknown>>): OtlpAttribute[] =>
  Object.entries(values).flatMap(([key, value]): OtlpAttribute[] => {
    if (typeof value === "string") return [{ key, value: { stringValue: value } }];
    if (typeof value === "boolean") return [{ key, value: { boolValue: value } }];
    if (typeof value !== "number") return [];
    return Number.isSafeInteger(value)
      ? [{ key, value: { intValue: String(value) } }]
      : [{ key, value: { doubleValue: value } }];
  });
