import { join } from "node:path";
import { it } from "node:test";
import { passesAsSomebody } from "./somebody.fixture.ts";

it("every tier keeps the contract where an ordinary user started the platform", async (t) => {
  const reason = await passesAsSomebody(join(import.meta.dirname, "tiers.test.ts"));
  if (reason !== undefined) t.skip(reason);
});
