import { join } from "node:path";
import { test } from "node:test";
import { passesAsSomebody } from "../../packages/server/src/runtimes/sandboxes/somebody.fixture.ts";

for (const suite of ["escape", "escape-function", "escape-attacks", "escape-leftovers"])
  test(`nothing escapes where an ordinary user started the platform: ${suite}`, async (t) => {
    const reason = await passesAsSomebody(join(import.meta.dirname, `${suite}.test.ts`));
    if (reason !== undefined) t.skip(reason);
  });
