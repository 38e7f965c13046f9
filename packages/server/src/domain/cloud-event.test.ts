/** CloudEvents and EventBridge's events, there and back; and CloudEvents in HTTP, beside the official SDK. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HTTP, CloudEvent as SdkEvent } from "cloudevents";
import { seeded } from "../../../../tests/random.ts";
import {
  type CloudEvent,
  CloudEventError,
  cloudEventOf,
  type Envelope,
  entryOf,
  envelopeOf,
  parseExactly,
  readCloudEvent,
} from "./cloud-event.ts";
import {
  type CloudEventMode,
  readRequest,
  requestedMode,
  writeRequest,
} from "./cloud-event-http.ts";

const MINIMAL = { specversion: "1.0", id: "1", source: "/shop", type: "order.placed" };
const bytes = (text: string) => Buffer.from(text, "utf8");

/** What a bus makes of an entry. */
function onBus(event: CloudEvent): Envelope {
  const { source, detailType, detail } = entryOf(event);
  return parseExactly(
    `{"version":"0","id":"e","detail-type":${JSON.stringify(detailType)},"source":${JSON.stringify(source)},` +
      `"account":"000000000000","time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":[],"detail":${detail}}`,
  ) as Envelope;
}

describe("a random", () => {
  const random = seeded(20_26);
  const below = (limit: number) => Math.floor(random() * limit);
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const text = (least: number): string =>
    Array.from({ length: least + below(12) }, () =>
      one(["a", "Z", "7", " ", "%", '"', "/", ":", "é", "火", "😀", "\n", "\\", "<", ".", "{"]),
    ).join("");
  const json = (depth = 0): unknown => {
    const kind = below(depth > 3 ? 5 : 7);
    if (kind === 5) return Array.from({ length: below(4) }, () => json(depth + 1));
    if (kind === 6)
      return Object.fromEntries(Array.from({ length: below(4) }, () => [text(0), json(depth + 1)]));
    return [null, random() < 0.5, below(1_000_000) - 500_000, random() * 1e9, text(0)][kind];
  };
  const maybe = (object: object): object => (random() < 0.5 ? object : {});
  const anEvent = (): CloudEvent => ({
    specversion: "1.0",
    id: text(1),
    source: text(1),
    type: text(1),
    ...maybe({ subject: text(0) }),
    ...maybe({ time: one(["2026-01-01T00:00:00Z", "1985-04-12T23:20:50.123456789+05:30"]) }),
    ...maybe({ dataschema: text(1) }),
    ...maybe({ datacontenttype: one(["application/json", "text/plain", "image/png"]) }),
    ...maybe({ ext1: one([true, false, 7, -7, text(0)]) }),
    ...maybe(one([{ data: json() }, { data_base64: bytes(text(0)).toString("base64") }])),
  });
  const anEnvelope = (): Envelope => ({
    version: "0",
    id: text(1),
    "detail-type": text(1),
    source: text(1),
    account: "123456789012",
    time: "2026-01-01T00:00:00Z",
    region: "eu-west-1",
    resources: Array.from({ length: below(3) }, () => text(0)),
    detail: { order: json() },
    ...maybe({ "replay-name": text(1) }),
  });

  it("CloudEvent is the same after a bus", () => {
    for (let n = 0; n < 3000; n++) {
      const event = readCloudEvent(anEvent());
      assert.deepEqual(cloudEventOf(onBus(event)), event);
    }
  });

  it("event of a bus is the same after it was a CloudEvent, and that one after another bus", () => {
    for (let n = 0; n < 3000; n++) {
      const envelope = anEnvelope();
      const event = readCloudEvent(cloudEventOf(envelope));
      assert.deepEqual(envelopeOf(event), envelope);
      assert.deepEqual(cloudEventOf(onBus(event)), event);
    }
  });

  it("CloudEvent is the same after a request in each mode", () => {
    for (let n = 0; n < 3000; n++) {
      const event = readCloudEvent(anEvent());
      for (const mode of ["structured", "batch"] as const) {
        const sent = writeRequest(mode, bytes(JSON.stringify(event)));
        assert.deepEqual(readRequest(sent?.headers ?? {}, sent?.body ?? bytes("")), [event]);
      }
      // Headers know texts alone, and not whether an empty body is one; what is called JSON has to be.
      if (event["data_base64"] !== undefined && /json/.test(String(event["datacontenttype"])))
        continue;
      const sent = writeRequest("binary", bytes(JSON.stringify(event)));
      const [read] = readRequest(sent?.headers ?? {}, sent?.body ?? bytes(""));
      for (const name of ["id", "source", "type", "subject", "time", "dataschema"])
        assert.equal(read?.[name], event[name]);
      assert.equal(read?.["ext1"], event["ext1"] === undefined ? undefined : String(event["ext1"]));
    }
  });

  it("body or header is read, or refused in words", () => {
    for (let n = 0; n < 3000; n++) {
      const headers = Object.fromEntries(
        Array.from({ length: below(4) }, () => [
          one(["content-type", "ce-id", "ce-specversion", "ce-source", "ce-type", "ce-X", "ce-"]),
          one([
            "application/cloudevents+json",
            "application/cloudevents-batch+json",
            "1.0",
            text(0),
          ]),
        ]),
      );
      try {
        readRequest(
          headers,
          bytes(one([text(0), JSON.stringify(json()), JSON.stringify(anEvent())])),
        );
      } catch (error) {
        assert.ok(error instanceof CloudEventError, String(error));
      }
      writeRequest(one<CloudEventMode>(["binary", "batch"]), bytes(JSON.stringify(json())));
    }
  });
});

describe("an event of a bus", () => {
  it("that is none of CloudEvents' has its envelope in attributes, and its detail as data", () => {
    const envelope = {
      version: "0",
      id: "6a7e8feb",
      "detail-type": "Order Placed",
      source: "my shop/orders",
      account: "123456789012",
      time: "2026-01-01T00:00:00Z",
      region: "eu-west-1",
      resources: ["arn:aws:s3:::b"],
      detail: { order: 1 },
    };
    assert.deepEqual(cloudEventOf(envelope), {
      specversion: "1.0",
      id: "6a7e8feb",
      source: "my%20shop/orders",
      type: "Order Placed",
      time: "2026-01-01T00:00:00Z",
      datacontenttype: "application/json",
      awsaccount: "123456789012",
      awsregion: "eu-west-1",
      subject: "arn:aws:s3:::b",
      data: { order: 1 },
    });
    assert.equal(envelopeOf(readCloudEvent(MINIMAL)), undefined);
  });

  it("keeps numbers that JavaScript would round, and names that objects have", () => {
    const text = `{"specversion":"1.0","id":"1","source":"s","type":"t","data":{"n":12345678901234567890.10,"__proto__":{"x":1e400}}}`;
    const event = readCloudEvent(parseExactly(text));
    assert.equal(JSON.stringify(cloudEventOf(onBus(event))), text);
  });
});

describe("in HTTP", () => {
  const event = new SdkEvent({
    id: "a b",
    source: "/shop?x=1",
    type: "order",
    subject: 'quo"ted 100%',
    time: "2026-01-01T00:00:00.000Z",
    data: { n: 1, text: "é" },
    ext: "e",
  });

  it("what the official SDK writes is read", () => {
    const { time, ...rest } = JSON.parse(event.toString());
    for (const message of [HTTP.structured(event), HTTP.binary(event)]) {
      const headers = message.headers as Record<string, string>;
      const [read] = readRequest(headers, bytes(message.body as string));
      const { time: readTime, datacontenttype: _, ...readRest } = read ?? {};
      assert.deepEqual(readRest, rest);
      assert.equal(Date.parse(String(readTime)), Date.parse(time));
    }
  });

  it("what is written is read by the official SDK", () => {
    for (const mode of ["binary", "structured", "batch"] as const) {
      const source = { ...MINIMAL, time: "2026-01-01T00:00:00.000Z", data: { n: 1 }, ext: "e" };
      const sent = writeRequest(mode, bytes(JSON.stringify(source)));
      const headers = {
        ...sent?.headers,
        "content-type": sent?.headers["content-type"]?.split(";")[0],
      };
      const read = HTTP.toEvent({ headers, body: Buffer.from(sent?.body ?? []).toString() });
      const [first] = Array.isArray(read) ? read : [read];
      const { id, type, data, ext, time } = first as unknown as Record<string, unknown>;
      assert.deepEqual(
        [id, type, data, ext, time],
        ["1", "order.placed", { n: 1 }, "e", source.time],
      );
    }
  });

  it("data are JSON, text or bytes by their type", () => {
    const read = (type: string | undefined, body: Uint8Array) => {
      const headers = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t" };
      const [found] = readRequest({ ...headers, "content-type": type }, body);
      return [found?.["data"], found?.["data_base64"]];
    };
    assert.deepEqual(read("application/json", bytes("[1]")), [[1], undefined]);
    assert.deepEqual(read("application/x+json; charset=utf-8", bytes("1")), [1, undefined]);
    assert.deepEqual(read("text/plain", bytes("1")), ["1", undefined]);
    assert.deepEqual(read("application/xml", bytes("<a/>")), ["<a/>", undefined]);
    assert.deepEqual(read("text/plain", Buffer.from([0xff])), [undefined, "/w=="]);
    assert.deepEqual(read("image/png", bytes("1")), [undefined, "MQ=="]);
    assert.deepEqual(read(undefined, bytes("1")), [undefined, "MQ=="]);
    assert.deepEqual(read("application/json", bytes("")), [undefined, undefined]);
  });

  it("no value of an event breaks out of its header", () => {
    const evil = {
      ...MINIMAL,
      subject: "a\r\nx: y",
      datacontenttype: "a\r\nx: y",
      data_base64: "AA==",
    };
    const sent = writeRequest("binary", bytes(JSON.stringify(evil)));
    for (const value of Object.values(sent?.headers ?? {})) assert.match(value, /^[\x20-\x7e]*$/);
  });

  it("the mode is what the headers say", () => {
    assert.equal(
      requestedMode({ "content-type": "application/cloudevents+json; charset=utf-8" }),
      "structured",
    );
    assert.equal(requestedMode({ "content-type": "application/cloudevents-batch+json" }), "batch");
    assert.equal(requestedMode({ "ce-specversion": "1.0" }), "binary");
    assert.equal(requestedMode({ "content-type": "application/json" }), undefined);
    assert.equal(requestedMode({ "content-type": "constructor" }), undefined);
  });

  for (const [why, value] of [
    ["JSON object", []],
    ["specversion", { ...MINIMAL, specversion: "0.3" }],
    ["id is required", { ...MINIMAL, id: "" }],
    ["source is required", { ...MINIMAL, source: 7 }],
    ["type is required", { ...MINIMAL, type: null }],
    ['"Ext" is no name', { ...MINIMAL, Ext: "e" }],
    [
      '"__proto__" is no name',
      JSON.parse('{"specversion":"1.0","id":"1","source":"s","type":"t","__proto__":"x"}'),
    ],
    ["ext is no value", { ...MINIMAL, ext: {} }],
    ["ext is no value", { ...MINIMAL, ext: 1.5 }],
    ["subject is no value", { ...MINIMAL, subject: 5 }],
    ["exclude each other", { ...MINIMAL, data: 1, data_base64: "AA==" }],
    ["not Base64", { ...MINIMAL, data_base64: "*" }],
  ] as const)
    it(`is refused: ${why}`, () => {
      assert.throws(
        () => readCloudEvent(value),
        (error: Error) => {
          assert.ok(error instanceof CloudEventError && error.message.includes(why), error.message);
          return true;
        },
      );
    });
});
