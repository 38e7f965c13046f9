import assert from "node:assert/strict";
import { test } from "node:test";
import type { SourceModel } from "./botocore.ts";
import { condense } from "./condense.ts";

const source: SourceModel = {
  metadata: {
    apiVersion: "2020-01-01",
    endpointPrefix: "things",
    protocol: "rest-json",
    serviceId: "Things",
  },
  operations: {
    GetThing2020_01_01: {
      name: "GetThing2020_01_01",
      http: { method: "GET", requestUri: "/things/{Name}", responseCode: 200 },
      input: { shape: "GetThing" },
      errors: [{ shape: "Gone" }],
    },
    FindThing: {
      name: "FindThing",
      http: { method: "GET", requestUri: "/things/{Id}" },
      input: { shape: "FindThing" },
    },
  },
  shapes: {
    GetThing: {
      type: "structure",
      required: ["Name"],
      members: {
        Name: { shape: "Text", location: "uri", locationName: "Name" },
        Tag: { shape: "Text", location: "header", locationName: "X-Tag" },
      },
    },
    FindThing: {
      type: "structure",
      required: ["By"],
      members: { By: { shape: "Text", location: "querystring", locationName: "by" } },
    },
    Gone: {
      type: "structure",
      members: {},
      exception: true,
      error: { code: "Away", httpStatusCode: 410 },
    },
    Text: { type: "string" },
    Unreached: { type: "string" },
  },
};

test("keeps what the wire needs, and only what operations reach", () => {
  const model = condense("things", source);
  assert.equal(model.signingName, "things");
  assert.deepEqual(model.protocols, ["restJson1"]);
  assert.deepEqual(Object.keys(model.shapes), ["FindThing", "GetThing", "Gone", "Text"]);
  assert.deepEqual(model.shapes["GetThing"], {
    type: "structure",
    members: {
      Name: { shape: "Text", place: "label" },
      Tag: { shape: "Text", place: "header", wire: "x-tag" },
    },
    required: ["Name"],
  });
  assert.deepEqual(model.shapes["Gone"]?.error, { code: "Away", status: 410, fault: "client" });
});

test("leaves usual values and suffixes out, and says what tells rivals apart", () => {
  const { operations } = condense("things", source);
  assert.deepEqual(operations, {
    GetThing: { method: "GET", uri: "/things/{Name}", input: "GetThing", errors: ["Gone"] },
    FindThing: { method: "GET", uri: "/things/{Id}", input: "FindThing", needs: { query: ["by"] } },
  });
});

test("refuses what it does not know", () => {
  const of = (protocol: string) =>
    condense("things", { ...source, metadata: { ...source.metadata, protocol } });
  assert.throws(() => of("carrier-pigeon"), /protocol/);
  assert.throws(() => condense("things", { ...source, shapes: {} }), /missing/);
});
