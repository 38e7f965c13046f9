/** The protocol suites of Smithy: requests as clients write them must be read, and answers must say the same. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeCbor } from "../../packages/server/src/aws/codecs/cbor-decode.ts";
import { parseXml, type XmlElement } from "../../packages/server/src/aws/codecs/xml-tree.ts";
import { createEndpoint } from "../../packages/server/src/aws/endpoint.ts";
import { AwsError } from "../../packages/server/src/aws/error.ts";
import { failureOf } from "../../packages/server/src/aws/failure.ts";
import { linkService } from "../../packages/server/src/aws/model.ts";
import { Query } from "../../packages/server/src/aws/query-string.ts";
import type { AwsRequest, AwsResponse } from "../../packages/server/src/aws/request.ts";
import { condense } from "../../tools/models/condense.ts";
import { fromFixture, toFixture } from "./fixture-values.ts";
import { type Case, fetchSuites, readSuites, type Suite } from "./fixtures.ts";
import { skipOf } from "./suite-skips.ts";

const PROTOCOLS = [
  "json",
  "json_1_0",
  "json_1_0-query-compatible",
  "query",
  "rest-json",
  "rest-xml",
  "smithy-rpc-v2-cbor",
  "smithy-rpc-v2-cbor-non-query-compatible",
  "smithy-rpc-v2-cbor-query-compatible",
];

const found = fetchSuites();
if ("missing" in found)
  test("the protocol suites of Smithy", { skip: found.missing }, () => undefined);
else
  for (const side of ["input", "output"] as const)
    for (const protocol of PROTOCOLS)
      describe(`${protocol}, ${side}`, () => {
        for (const suite of readSuites(found.directory, side, protocol))
          for (const item of suite.cases) {
            const skip = skipOf(side, item.id) ?? false;
            const run = side === "input" ? checkInput : checkOutput;
            test(`${suite.description}: ${item.id}`, { skip }, () => run(suite, item));
          }
      });

/** The endpoint of a service with the one operation of a case. */
function endpointOf({ metadata, shapes }: Suite, { given }: Case) {
  const source = { metadata, shapes, operations: { [given.name]: given } };
  const endpoint = createEndpoint(linkService(condense("fixture", source)), {}, {});
  const operation = [...endpoint.service.operations.values()][0];
  assert.ok(operation);
  return { endpoint, operation, protocol: endpoint.protocols[0] };
}

function checkInput(suite: Suite, item: Case): void {
  const { operation, protocol } = endpointOf(suite, item);
  const request = requestOf(suite, item);
  const body = bodyBytes(protocol.name, item.serialized?.body ?? "");
  const call = protocol.find(request, protocol.operationInBody ? body : undefined);
  assert.equal(call?.operation, operation);
  const input = call?.read(body) ?? {};
  const read = operation.input === undefined ? input : toFixture(operation.input, input);
  assert.deepEqual(withoutNull(read), withoutNull(item.params ?? {}));
}

function requestOf({ metadata }: Suite, { serialized, given }: Case): AwsRequest {
  assert.ok(serialized);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(serialized.headers ?? {}))
    headers[name.toLowerCase()] = value;
  if (metadata.protocol === "json")
    headers["x-amz-target"] ??= `${metadata.targetPrefix}.${given.name}`;
  const [path = "/", query = ""] = serialized.uri.split("?");
  return {
    method: serialized.method,
    path,
    query: Query.parse(query),
    headers,
    host: "example.com",
    signature: undefined,
    requestId: "request-id",
    malformed: undefined,
  };
}

const bodyBytes = (protocol: string, body: string) =>
  Buffer.from(body, protocol === "rpcv2Cbor" ? "base64" : "utf8");

function checkOutput(suite: Suite, item: Case): void {
  const { endpoint, operation, protocol } = endpointOf(suite, item);
  const { service } = endpoint;
  const { response: expected, result = {}, errorCode } = item;
  assert.ok(expected);
  let actual: AwsResponse;
  if (errorCode === undefined) {
    const output = operation.output ? fromFixture(operation.output, result) : {};
    actual = protocol.write(operation, output as Record<string, unknown>, {
      requestId: "request-id",
      onDefect: (error) => assert.fail(String(error)),
    });
  } else {
    const shape = service.error(errorCode);
    const members = shape === undefined ? {} : fromFixture(shape, item.error ?? {});
    const error = new AwsError(errorCode, item.errorMessage ?? "", {
      members: members as Record<string, unknown>,
    });
    actual = protocol.fail(operation, failureOf(error, service, "request-id"));
  }
  assert.equal(actual.status, expected.status_code);
  for (const [name, value] of Object.entries(expected.headers ?? {}))
    if (name.toLowerCase() !== "content-length")
      assert.equal(actual.headers[name.toLowerCase()], value, name);
  assert.deepEqual(
    meaning(protocol.name, actual.body),
    meaning(protocol.name, expected.body ?? ""),
  );
}

/** What a body says, whatever its white space, order or encoding. */
function meaning(protocol: string, body: AwsResponse["body"]): unknown {
  const bytes =
    typeof body === "string" || body === undefined ? (body ?? "") : Buffer.from(body as Uint8Array);
  if (bytes.length === 0) return {};
  if (protocol === "rpcv2Cbor")
    return normal(decodeCbor(typeof bytes === "string" ? Buffer.from(bytes, "base64") : bytes));
  const text = bytes.toString();
  if (/^\s*</.test(text)) return normal(tree(parseXml(text)));
  try {
    return normal(JSON.parse(text));
  } catch {
    return text;
  }
}

/** Elements in the order of their names; request ids and error texts are everybody's own. */
function tree({ name, attributes, children, text }: XmlElement): unknown {
  const inner = children
    .filter((child) => !/^(RequestId|ResponseMetadata|Message)$/.test(child.name))
    .map(tree)
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return {
    name,
    ...Object.fromEntries(attributes),
    inner,
    text: children.length > 0 ? "" : text.trim(),
  };
}

/** Keys in order; error texts and the namespaces of error types are everybody's own. */
const normal = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner) => {
      if (key === "__type") return String(inner).split("#").at(-1);
      if (typeof inner === "number" && !Number.isFinite(inner)) return String(inner);
      if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
      const entries = Object.entries(inner).filter(([name]) => name !== "message");
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    }),
  );

/** Clients write no nulls. */
const withoutNull = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, inner) => (inner === null ? undefined : inner)));
