/**
 * CloudEvents in HTTP requests: binary (attributes in headers), structured (one JSON document) and batched (a list).
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
import {
  type CloudEvent,
  CloudEventError,
  cloudEventOf,
  parseExactly,
  readCloudEvent,
} from "./cloud-event.ts";

/** Lower-case names. */
export type HttpHeaders = Readonly<Record<string, string | undefined>>;

export type CloudEventMode = "binary" | "structured" | "batch";

const STRUCTURED = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";
const MEDIA: Readonly<Record<string, CloudEventMode>> = {
  [STRUCTURED]: "structured",
  [BATCH]: "batch",
};

/** The request's form is none that is taken: another format than JSON, or no CloudEvent at all. */
export class CloudEventFormatError extends CloudEventError {}

/** The events of a request. @throws CloudEventError */
export function readRequest(headers: HttpHeaders, body: Uint8Array): CloudEvent[] {
  const type = headers["content-type"] ?? "";
  const mode = modeOf(headers);
  if (mode === "binary") return [readBinary(headers, body)];
  if (!/^utf-?8$/i.test(parameterOf(type, "charset") ?? "utf-8"))
    throw new CloudEventFormatError("JSON is read in UTF-8 alone.");
  const value = jsonOf(body);
  if (mode === "structured") return [readCloudEvent(value)];
  if (!Array.isArray(value)) throw new CloudEventError("A batch is a JSON list.");
  return value.map((one, index) => {
    try {
      return readCloudEvent(one);
    } catch (error) {
      throw error instanceof CloudEventError
        ? new CloudEventError(`Event ${index} of the batch: ${error.message}`)
        : error;
    }
  });
}

function modeOf(headers: HttpHeaders): CloudEventMode {
  const media = mediaOf(headers["content-type"] ?? "");
  const mode = Object.hasOwn(MEDIA, media) ? MEDIA[media] : undefined;
  if (mode !== undefined) return mode;
  if (media.startsWith("application/cloudevents"))
    throw new CloudEventFormatError(`${media.slice(0, 100)} is not taken; ${STRUCTURED} is.`);
  if (headers["ce-specversion"] !== undefined) return "binary";
  throw new CloudEventFormatError(
    `This is no CloudEvent: neither its headers have ce-specversion nor is it ${STRUCTURED} or ${BATCH}.`,
  );
}

function readBinary(headers: HttpHeaders, body: Uint8Array): CloudEvent {
  const attributes = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith("ce-") && value !== undefined ? [[name.slice(3), decoded(value)] as const] : [],
  );
  const type = headers["content-type"];
  return readCloudEvent({
    ...Object.fromEntries(attributes),
    ...(type === undefined ? {} : { datacontenttype: type }),
    ...dataOf(type, body),
  });
}

/** Values of headers are percent-encoded where they are not plain ASCII. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** JSON as it is, text as text, everything else as bytes. */
function dataOf(type: string | undefined, body: Uint8Array): CloudEvent {
  if (body.length === 0) return {};
  if (type !== undefined && isJson(type)) return { data: jsonOf(body) };
  const text = type !== undefined && isText(type) ? utf8(body) : undefined;
  if (text !== undefined) return { data: text };
  return { data_base64: Buffer.from(body).toString("base64") };
}

const isJson = (type: string): boolean => /^[^/]+\/(?:.*\+)?json$/.test(mediaOf(type));
const isText = (type: string): boolean => /^text\/|[/+]xml$/.test(mediaOf(type));
const mediaOf = (type: string): string => type.split(";", 1)[0]?.trim().toLowerCase() ?? "";

const parameterOf = (type: string, name: string): string | undefined =>
  type
    .split(";")
    .map((part) => part.trim().split("="))
    .find(([key]) => key?.toLowerCase() === name)?.[1]
    ?.replaceAll('"', "");

function jsonOf(body: Uint8Array): unknown {
  const text = utf8(body);
  if (text === undefined) throw new CloudEventError("The body is not UTF-8.");
  try {
    return parseExactly(text);
  } catch {
    throw new CloudEventError("The body is no JSON.");
  }
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** How a request with these headers carries CloudEvents; undefined where it does not. */
export function requestedMode(headers: HttpHeaders): CloudEventMode | undefined {
  const media = mediaOf(headers["content-type"] ?? "");
  if (Object.hasOwn(MEDIA, media)) return MEDIA[media];
  return headers["ce-specversion"] === "1.0" ? "binary" : undefined;
}

/**
 * An event of a bus as the body and further headers of a request; what is a CloudEvent already stays one. Undefined
 * where the body is neither.
 */
export function writeRequest(
  mode: CloudEventMode,
  body: Uint8Array,
): { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array } | undefined {
  const event = eventIn(body);
  if (event === undefined) return undefined;
  if (mode === "binary") return writeBinary(event);
  const text = JSON.stringify(mode === "batch" ? [event] : event);
  const type = mode === "batch" ? BATCH : STRUCTURED;
  return { headers: { "content-type": `${type}; charset=utf-8` }, body: Buffer.from(text, "utf8") };
}

function eventIn(body: Uint8Array): CloudEvent | undefined {
  try {
    const value = jsonOf(body) as CloudEvent | null;
    if (typeof value !== "object" || value === null) return undefined;
    const isEnvelope =
      typeof value["detail-type"] === "string" && typeof value["source"] === "string";
    return readCloudEvent(isEnvelope ? cloudEventOf(value) : value);
  } catch (error) {
    if (error instanceof CloudEventError) return undefined;
    throw error;
  }
}

function writeBinary(event: CloudEvent) {
  const { data, data_base64: bytes, datacontenttype: type, ...attributes } = event;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes))
    headers[`ce-${name}`] = encoded(String(value));
  if (typeof type === "string")
    headers["content-type"] = PRINTABLE.test(type) ? type : "application/octet-stream";
  else if (data !== undefined) headers["content-type"] = "application/json";
  if (typeof bytes === "string") return { headers, body: Buffer.from(bytes, "base64") };
  if (data === undefined) return { headers, body: new Uint8Array() };
  const plain = typeof data === "string" && typeof type === "string" && !isJson(type);
  return { headers, body: Buffer.from(plain ? data : JSON.stringify(data), "utf8") };
}

const PRINTABLE = /^[\x20-\x7e]+$/;

/** Spaces, quotes, percent signs and all that is not printable ASCII are percent-encoded as UTF-8. */
const encoded = (text: string): string =>
  text.replaceAll(/[^\x21\x23\x24\x26-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed()));
