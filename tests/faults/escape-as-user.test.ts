import { join } from "node:path";
import { test } from "node:test";
import { passesAsSomebody } from "../../packages/server/src/runtimes/sandboxes/somebody.fixture.ts";

test("nothing escapes where an ordinary user started the platform", async (t) => {
  const reason = await passesAsSomebody(join(import.meta.dirname, "escape.test.ts"));
  if (reason !== undefined) t.skip(reason);
});
