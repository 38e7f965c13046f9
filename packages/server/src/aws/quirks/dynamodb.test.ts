import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { json, openDoors, signed } from "../doors.fixture.ts";

const doors = openDoors();

test("DynamoDB's answers carry their checksum", async () => {
  const { headers, text } = await doors.ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("dynamodb"), ...json("DynamoDB_20120810.ListTables") },
      body: "{}",
    },
    { TableNames: ["é"] },
  );
  assert.equal(headers.get("x-amz-crc32"), String(crc32(text)));
});
