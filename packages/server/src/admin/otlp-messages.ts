/**
 * OTLP's protobuf messages, as far as spans need them, by their field numbers in the specification. Loaded with the first request
 * in protobuf. https://github.com/open-telemetry/opentelemetry-proto/blob/v1.3.2/opentelemetry/proto/trace/v1/trace.proto
 */
import protobuf from "protobufjs";

const field = (id: number, type: string) => ({ id, type });
const many = (id: number, type: string) => ({ id, type, rule: "repeated" });

const { nested: types } = {
  nested: {
    Request: { fields: { resourceSpans: many(1, "ResourceSpans") } },
    Response: { fields: { partialSuccess: field(1, "PartialSuccess") } },
    PartialSuccess: {
      fields: { rejectedSpans: field(1, "int64"), errorMessage: field(2, "string") },
    },
    ResourceSpans: {
      fields: { resource: field(1, "Resource"), scopeSpans: many(2, "ScopeSpans") },
    },
    Resource: { fields: { attributes: many(1, "KeyValue") } },
    ScopeSpans: { fields: { spans: many(2, "Span") } },
    Span: {
      fields: {
        traceId: field(1, "bytes"),
        spanId: field(2, "bytes"),
        parentSpanId: field(4, "bytes"),
        name: field(5, "string"),
        kind: field(6, "int32"),
        startTimeUnixNano: field(7, "fixed64"),
        endTimeUnixNano: field(8, "fixed64"),
        attributes: many(9, "KeyValue"),
        events: many(11, "Event"),
        links: many(13, "Link"),
        status: field(15, "Status"),
      },
    },
    Event: { fields: { name: field(2, "string"), attributes: many(3, "KeyValue") } },
    Link: { fields: { traceId: field(1, "bytes"), spanId: field(2, "bytes") } },
    Status: { fields: { message: field(2, "string"), code: field(3, "int32") } },
    KeyValue: { fields: { key: field(1, "string"), value: field(2, "AnyValue") } },
    AnyValue: {
      oneofs: {
        value: {
          oneof: [
            "stringValue",
            "boolValue",
            "intValue",
            "doubleValue",
            "arrayValue",
            "kvlistValue",
            "bytesValue",
          ],
        },
      },
      fields: {
        stringValue: field(1, "string"),
        boolValue: field(2, "bool"),
        intValue: field(3, "int64"),
        doubleValue: field(4, "double"),
        arrayValue: field(5, "ArrayValue"),
        kvlistValue: field(6, "KeyValueList"),
        bytesValue: field(7, "bytes"),
      },
    },
    ArrayValue: { fields: { values: many(1, "AnyValue") } },
    KeyValueList: { fields: { values: many(1, "KeyValue") } },
  },
};
const root = protobuf.Root.fromJSON({ nested: types });
const request = root.lookupType("Request");
const response = root.lookupType("Response");

/** The request in OTLP's JSON form. @throws Error where the bytes are no such message. */
export function readTraces(body: Uint8Array): unknown {
  const message = request.toObject(request.decode(body), { longs: String, bytes: Array });
  return JSON.parse(JSON.stringify(message), (key, value) =>
    /^(traceId|spanId|parentSpanId)$/.test(key) && Array.isArray(value)
      ? Buffer.from(value).toString("hex")
      : value,
  );
}

export const writeAnswer = (answer: object): Uint8Array =>
  response.encode(response.fromObject(answer)).finish();
