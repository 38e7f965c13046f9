import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { sandboxContract } from "../../ports/sandbox.contract.ts";
import type { Sandbox } from "../../ports/sandbox.ts";
import { chooseSandbox, TIERS, type Tier } from "./index.ts";

for (const tier of TIERS) {
  const opened = openOnce(tier);
  sandboxContract({ tier, walled: tier !== "none", open: opened.open });
  after(opened.close);
}

/** One sandbox for all cases, as the platform has. */
function openOnce(tier: Tier) {
  let found: Promise<Sandbox | string> | undefined;
  let directory: string | undefined;
  return {
    open: () => (found ??= choose()),
    async close() {
      const sandbox = await found;
      if (typeof sandbox === "object") sandbox.close?.();
      if (directory) await rm(directory, { recursive: true, force: true });
    },
  };

  async function choose(): Promise<Sandbox | string> {
    directory = await mkdtemp(join(tmpdir(), "yunque-sandboxes-"));
    try {
      return (await chooseSandbox({ tier, directory })).sandbox;
    } catch (error) {
      return (error as Error).message;
    }
  }
}
