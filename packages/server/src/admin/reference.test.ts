import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openAdmin } from "./admin.fixture.ts";

test("the reference of the admin API lists its paths and codes, and no other", async () => {
  const text = await readFile(
    join(import.meta.dirname, "../../../../docs/reference/admin.md"),
    "utf8",
  );
  const admin = await openAdmin();
  const document = JSON.parse((await admin.get("/_yunque/openapi.json")).text);
  await admin.close();
  const paths = text.match(/(?<=^\| `)\/_yunque[^`]*/gm) ?? [];
  assert.deepEqual(paths.sort(), Object.keys(document.paths).sort());

  const sources = ["guard.ts", "router.ts", "routes.ts", "index.ts"];
  const code = await Promise.all(
    sources.map((file) => readFile(join(import.meta.dirname, file), "utf8")),
  );
  const used = code.join("").match(/(?<=\b[45]\d\d,\s*")[A-Z]\w+(?=")/g) ?? [];
  const documented =
    text
      .match(/(?<=^\| [45]\d\d \| ).*(?= \|$)/gm)
      ?.join()
      .match(/\w+/g) ?? [];
  assert.deepEqual([...new Set(documented)].sort(), [...new Set(used)].sort());
});
