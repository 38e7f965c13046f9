import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { z } from "zod";
import { type AdminFixture, openAdmin } from "./admin.fixture.ts";
import {
  coverageSchema,
  healthSchema,
  instancesSchema,
  logLineSchema,
  publicHealthSchema,
  servicesSchema,
} from "./api.ts";

let admin: AdminFixture;
before(async () => {
  admin = await openAdmin();
  for (let n = 1; n <= 3; n++) admin.past.push({ timestamp: n, stream: "s", message: `line ${n}` });
});
after(() => admin.close());

const answers: Record<string, z.ZodType> = {
  "/_yunque/health": healthSchema,
  "/_yunque/services": servicesSchema,
  "/_yunque/services/lambda": coverageSchema,
  "/_yunque/instances": instancesSchema,
};
for (const [path, schema] of Object.entries(answers))
  test(`${path} answers what its schema says`, async () => {
    const { status, headers, text } = await admin.get(path);
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "application/json");
    assert.equal(headers["cache-control"], "no-store");
    schema.parse(JSON.parse(text));
  });

test("without the token health says that the platform serves, and nothing else answers", async () => {
  const health = publicHealthSchema.parse(JSON.parse((await admin.ask("/_yunque/health")).text));
  assert.deepEqual(health, { status: "ok", version: "1.2.3", isolation: { tier: "none" } });
  const paths = ["", "/", "/services", "/config", "/openapi.json", "/functions/hello/logs", "/x"];
  for (const path of paths) {
    const { status, headers, text } = await admin.ask(`/_yunque${path}`);
    assert.deepEqual([status, headers["www-authenticate"]], [401, "Bearer"], path);
    assert.match(text, /Authorization: Bearer TOKEN.*YUNQUE_ADMIN_TOKEN.*admin-token/);
  }
  assert.deepEqual(admin.defects, []);
});

test("health names the services that do something", async () => {
  const health = healthSchema.parse(JSON.parse((await admin.get("/_yunque/health")).text));
  assert.deepEqual(health.services, ["lambda"]);
  assert.ok(health.uptimeSeconds >= 1);
});

test("the log is one JSON object a line: the newest ones, from a time on", async () => {
  const lines = async (query: string) => {
    const { headers, text } = await admin.get(`/_yunque/functions/hello/logs${query}`);
    assert.equal(headers["content-type"], "application/x-ndjson");
    return text
      .trim()
      .split("\n")
      .map((line) => logLineSchema.parse(JSON.parse(line)))
      .map((line) => ("message" in line ? line.message : line));
  };
  assert.deepEqual(await lines(""), ["line 1", "line 2", "line 3"]);
  assert.deepEqual(await lines("?limit=1"), ["line 3"]);
  assert.deepEqual(await lines("?since=2"), ["line 2", "line 3"]);
});

test("HEAD answers headers without a body, for a log too", async () => {
  for (const path of ["/_yunque/health", "/_yunque/functions/hello/logs?follow=true"]) {
    const { status, text } = await admin.get(path, {}, "HEAD");
    assert.deepEqual([status, text], [200, ""]);
  }
});

const refused: readonly [string, string, number, string][] = [
  ["GET", "/_yunque", 404, "NoSuchPath"],
  ["GET", "/_yunque/nothing", 404, "NoSuchPath"],
  ["GET", "/_yunque/functions//logs", 404, "NoSuchPath"],
  ["GET", "/_yunque/functions/a/b/logs", 404, "NoSuchPath"],
  ["GET", "/_yunque/functions/%ff/logs", 400, "BadPath"],
  ["GET", "/_yunque/functions/missing/logs", 404, "NoSuchFunction"],
  ["GET", "/_yunque/services/missing", 404, "NoSuchService"],
  ["GET", "/_yunque/health?x=1", 400, "BadQuery"],
  ["GET", "/_yunque/health?__proto__=1", 400, "BadQuery"],
  ["GET", "/_yunque/functions/hello/logs?limit=0", 400, "BadQuery"],
  ["GET", "/_yunque/functions/hello/logs?since=yesterday", 400, "BadQuery"],
  ["GET", "/_yunque/functions/hello/logs?follow=maybe", 400, "BadQuery"],
  ["POST", "/_yunque/health", 405, "MethodNotAllowed"],
];
for (const [method, path, status, code] of refused)
  test(`${method} ${path} is ${status} ${code}`, async () => {
    const answer = await admin.get(path, {}, method);
    assert.equal(answer.status, status);
    assert.equal(JSON.parse(answer.text).error.code, code);
    assert.deepEqual(admin.defects, []);
  });

test("paths that only begin alike are not the admin API's", async () => {
  for (const path of ["/_yunquex", "/bucket/_yunque/health", "//_yunque/health"])
    assert.equal((await admin.get(path)).status, 418);
});

test("a failure of the platform is a 500 without details, and is reported", async () => {
  const broken = await openAdmin({
    instances() {
      throw new Error("secret detail");
    },
  });
  try {
    const { status, text } = await broken.get("/_yunque/instances");
    assert.equal(status, 500);
    assert.doesNotMatch(text, /secret/);
    assert.match(String(broken.defects[0]), /secret detail/);
  } finally {
    await broken.close();
  }
});
