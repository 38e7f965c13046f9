/**
 * CloudEvents 1.0 in their JSON format, and how they and EventBridge's events stand for each other. Both ways nothing is
 * lost: a CloudEvent is the detail of an event, and an event that is none has its envelope in attributes of its own.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */

/** Attributes by name, and `data` or `data_base64`. */
export type CloudEvent = Readonly<Record<string, unknown>>;

/** What is put on a bus. */
export interface CloudEventEntry {
  readonly source: string;
  readonly detailType: string;
  /** JSON text: the whole CloudEvent. */
  readonly detail: string;
  /** Milliseconds since the epoch; absent where the event has none that EventBridge could hold. */
  readonly time: number | undefined;
}

/** An event as a bus hands it on. */
export type Envelope = Readonly<Record<string, unknown>>;

/** It breaks a rule of CloudEvents; the message says which. */
export class CloudEventError extends Error {
  override readonly name = "CloudEventError";
}

const REQUIRED = ["id", "source", "type"] as const;
const DATA = new Set(["data", "data_base64"]);
const MAX_INTEGER = 2 ** 31;
/** EventBridge holds seconds. */
const LAST_TIME = Date.UTC(10_000, 0);

/**
 * The event that a JSON value is. Attributes that are null are none.
 * @throws CloudEventError
 */
export function readCloudEvent(value: unknown): CloudEvent {
  if (!isObject(value)) throw new CloudEventError("A CloudEvent is a JSON object.");
  const event = Object.fromEntries(
    Object.entries(value).filter(([name, one]) => one !== null || name === "data"),
  );
  if (event["specversion"] !== "1.0")
    throw new CloudEventError("specversion is not 1.0, the only version that is taken.");
  for (const name of REQUIRED)
    if (typeof event[name] !== "string" || event[name] === "")
      throw new CloudEventError(`${name} is required, and is not an empty text.`);
  for (const [name, one] of Object.entries(event)) if (!DATA.has(name)) checkAttribute(name, one);
  const { data_base64: bytes } = event;
  if (bytes !== undefined && Object.hasOwn(event, "data"))
    throw new CloudEventError("data and data_base64 exclude each other.");
  if (bytes !== undefined && !isBase64(bytes))
    throw new CloudEventError("data_base64 is not Base64.");
  return event;
}

function checkAttribute(name: string, value: unknown): void {
  if (!/^[a-z0-9]+$/.test(name))
    throw new CloudEventError(`${JSON.stringify(name.slice(0, 50))} is no name of an attribute.`);
  if (typeof value === "string" && value.isWellFormed()) return;
  const isOptional = !OWN_TEXTS.has(name);
  if (isOptional && typeof value === "boolean") return;
  const isInteger = Number.isInteger(value) && Math.abs(value as number) <= MAX_INTEGER;
  if (isOptional && isInteger) return;
  throw new CloudEventError(`${name} is no value of an attribute.`);
}

/** Attributes of CloudEvents' own that are texts. */
const OWN_TEXTS = new Set(["time", "subject", "datacontenttype", "dataschema"]);

/** As an entry for a bus: the detail is the whole event, source and type are where rules look for them. */
export function entryOf(event: CloudEvent): CloudEventEntry {
  const time = typeof event["time"] === "string" ? Date.parse(event["time"]) : Number.NaN;
  return {
    source: String(event["source"]),
    detailType: String(event["type"]),
    detail: JSON.stringify(event),
    time: time >= 0 && time < LAST_TIME ? time : undefined,
  };
}

/** The CloudEvent that an event carries, or else the one that it is: its envelope is in attributes. */
export function cloudEventOf(envelope: Envelope): CloudEvent {
  const { id, source, account, region, time, resources, detail } = envelope;
  const type = envelope["detail-type"];
  if (isCarried(detail, source, type)) return detail;
  const replay = envelope["replay-name"];
  return {
    specversion: "1.0",
    id,
    source: encodeSource(String(source)),
    type,
    time,
    datacontenttype: "application/json",
    awsaccount: account,
    awsregion: region,
    ...resourcesAs(resources),
    ...(replay === undefined ? {} : { awsreplayname: replay }),
    data: detail,
  };
}

/** The event that such a CloudEvent stands for; undefined where it is one of somebody else's. */
export function envelopeOf(event: CloudEvent): Envelope | undefined {
  const { id, source, type, time, subject, awsaccount, awsregion, awsresources, data } = event;
  if (awsaccount === undefined || awsregion === undefined) return undefined;
  return {
    version: "0",
    id,
    "detail-type": type,
    source: decodeURIComponent(String(source)),
    account: awsaccount,
    time,
    region: awsregion,
    resources: resourcesOf(awsresources, subject),
    detail: data,
    ...(event["awsreplayname"] === undefined ? {} : { "replay-name": event["awsreplayname"] }),
  };
}

/** Whether a detail is a CloudEvent that was put on a bus as `entryOf` says. */
function isCarried(detail: unknown, source: unknown, type: unknown): detail is CloudEvent {
  return (
    isObject(detail) &&
    detail["specversion"] === "1.0" &&
    typeof detail["id"] === "string" &&
    detail["source"] === source &&
    detail["type"] === type
  );
}

/** A source is a reference of a URI: what may not stand in one is percent-encoded. */
const encodeSource = (source: string): string =>
  encodeURIComponent(source.toWellFormed()).replaceAll("%2F", "/");

/** One resource is the subject; any other number of them is a JSON list. */
function resourcesAs(resources: unknown): CloudEvent {
  if (!Array.isArray(resources) || resources.length === 0) return {};
  const [first] = resources;
  return resources.length === 1 && typeof first === "string" && first !== ""
    ? { subject: first }
    : { awsresources: JSON.stringify(resources) };
}

function resourcesOf(list: unknown, subject: unknown): unknown {
  if (list !== undefined) return JSON.parse(String(list));
  return subject === undefined ? [] : [subject];
}

/** Parses JSON so that numbers which JavaScript would round are written again as they were. @throws SyntaxError */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, exactNumber as (key: string, value: unknown) => unknown);
}

function exactNumber(_key: string, value: unknown, { source }: { readonly source?: string }) {
  if (typeof value !== "number" || source === undefined || String(value) === source) return value;
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(source);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isBase64 = (text: unknown): boolean =>
  typeof text === "string" &&
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
