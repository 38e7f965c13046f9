import assert from "node:assert/strict";
import { test } from "node:test";
import { FORM, openDoors, signed } from "./doors.fixture.ts";

const doors = openDoors();
const CREATE = "/2015-03-31/functions";
const FUNCTION = '{"FunctionName":"f","Role":"arn:aws:iam::000000000000:role/r","Code":{}}';
/** What a browser sends without asking first. */
const plainPost = (body: string, headers: Record<string, string>) => ({
  method: "POST",
  headers: { "content-type": "text/plain", ...headers },
  body,
});

test("a page of another site deploys nothing, signed or not", async () => {
  const presigned =
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test/20261122/us-east-1/lambda/aws4_request";
  for (const origin of [
    "https://example.com",
    "null",
    "http://localhost.example.com",
    "http://bucket.s3-website.localhost:4566",
    "x",
  ])
    for (const path of [CREATE, CREATE + presigned]) {
      const { status, headers } = await doors.ask(path, plainPost(FUNCTION, { origin }));
      assert.deepEqual([status, headers.get("x-amzn-errortype")], [403, "AccessDeniedException"]);
      assert.equal(doors.seen, undefined, origin);
    }
});

test("a name that was rebound to this machine is no local one", async () => {
  const headers = { origin: "http://example.com:4566", ...signed("lambda") };
  assert.equal((await doors.ask(CREATE, plainPost(FUNCTION, headers))).status, 403);
});

test("an address in a page of another site does nothing", async () => {
  const action = "/?Action=GetCallerIdentity&Version=2011-06-15";
  const { status } = await doors.ask(action, { headers: { "sec-fetch-site": "cross-site" } });
  assert.equal(status, 403);
  assert.equal(doors.seen, undefined);
  const form = { method: "POST", headers: { ...FORM, origin: "https://example.com" } };
  assert.equal((await doors.ask("/", { ...form, body: action.slice(2) })).status, 403);
});

test("pages of this machine, and whoever is no page, are served", async () => {
  for (const origin of ["http://localhost:3000", "http://app.localhost", "http://127.0.0.1:1"]) {
    const { status } = await doors.ask(CREATE, plainPost(FUNCTION, { origin }));
    assert.equal(status, 201, origin);
  }
  assert.equal((await doors.ask(CREATE, plainPost(FUNCTION, {}))).status, 201);
});

test("S3 serves pages of other sites, but for a POST that is no form", async () => {
  const origin = "https://example.com";
  assert.equal((await doors.ask("/bucket/key", { headers: { origin } })).status, 200);
  const put = { method: "PUT", headers: { origin, ...signed("s3") }, body: "x" };
  assert.equal((await doors.ask("/bucket/key", put)).status, 200);
  const { status } = await doors.ask("/bucket?delete", plainPost("<Delete/>", { origin }));
  assert.equal(status, 403);
  assert.equal(doors.seen, undefined);
});
