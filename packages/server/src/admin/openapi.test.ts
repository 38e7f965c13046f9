import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type AdminFixture, openAdmin } from "./admin.fixture.ts";

interface Operation {
  operationId: string;
  security?: object[];
  parameters: { name: string; in: string; schema: object }[];
  responses: Record<string, { content: Record<string, { schema: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, { get: Operation }>;
  security: object[];
}

let admin: AdminFixture;
let document: Document;
before(async () => {
  admin = await openAdmin();
  document = JSON.parse((await admin.get("/_yunque/openapi.json")).text);
});
after(() => admin.close());

test("the document is OpenAPI 3.1 and lists every path, itself too", () => {
  assert.equal(document.openapi, "3.1.0");
  assert.deepEqual(Object.keys(document.paths).sort(), [
    "/_yunque/config",
    "/_yunque/cost",
    "/_yunque/functions/{name}/logs",
    "/_yunque/health",
    "/_yunque/instances",
    "/_yunque/log-groups/{name}/lines",
    "/_yunque/metrics",
    "/_yunque/openapi.json",
    "/_yunque/services",
    "/_yunque/services/{name}",
  ]);
});

test("every path that the document lists is served as it says", async () => {
  for (const [path, { get }] of Object.entries(document.paths)) {
    const name = path.includes("services") ? "lambda" : "hello";
    const { status, headers } = await admin.get(path.replace("{name}", name));
    assert.equal(status, 200, path);
    assert.deepEqual(Object.keys(get.responses["200"]?.content ?? {}), [headers["content-type"]]);
  }
});

const VALUES: Readonly<Record<string, string>> = { follow: "false", by: "function" };

test("every parameter of the document is taken, and no other", async () => {
  for (const [path, { get }] of Object.entries(document.paths)) {
    const real = path.replace("{name}", path.includes("services") ? "lambda" : "hello");
    const names = get.parameters.filter((one) => one.in === "query").map((one) => one.name);
    for (const name of names) {
      const value = VALUES[name] ?? "1";
      assert.equal((await admin.get(`${real}?${name}=${value}`)).status, 200, `${path} ${name}`);
    }
    assert.equal((await admin.get(`${real}?unheard=1`)).status, 400, path);
  }
});

test("everything asks for the token but health, which answers without it too", () => {
  assert.deepEqual(document.security, [{ token: [] }]);
  const open = Object.entries(document.paths).filter(([, { get }]) => get.security);
  assert.deepEqual(
    open.map(([path, { get }]) => [path, get.security]),
    [["/_yunque/health", [{}, { token: [] }]]],
  );
});

test("operations have names of their own", () => {
  const ids = Object.values(document.paths).map(({ get }) => get.operationId);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.includes("functions_name_logs"), ids.join());
});
