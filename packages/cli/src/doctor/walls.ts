/** What stands between functions and everything else on this machine: the walls are tried as the platform tries them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "@yunque/server/config";
import { chooseSandbox } from "@yunque/server/sandboxes";
import type { Check, Finding } from "./check.ts";

export const walls = ({ isolation }: Pick<Config, "isolation">): Check => ({
  name: "isolation",
  gives: "functions of strangers can harm neither each other nor this machine",
  examine: async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-doctor-"));
    try {
      return await tried(isolation, directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
});

async function tried(tier: Config["isolation"], directory: string): Promise<Finding> {
  const { sandbox, refused } = await chooseSandbox({ tier, directory });
  sandbox.close?.();
  const { tier: found, enforces, lacks = [] } = sandbox;
  const details = [
    ...enforces.map((wall) => `enforced: ${wall}`),
    ...[...Map.groupBy(lacks, ({ remedy }) => remedy)].map(([remedy, gaps]) =>
      [...gaps.map(({ wall }) => `not enforced: ${wall}`), `  -> ${remedy}`].join("\n"),
    ),
    ...refused.map((better) => `${better.tier} does not work here: ${better.reason}`),
  ];
  if (found === "none")
    return {
      status: "missing",
      found: tier === "none" ? "switched off" : "none",
      details,
      fix: tier === "none" ? "yunque up --isolation auto" : (lacks[0]?.remedy ?? ""),
    };
  return { status: lacks.length > 0 ? "weak" : "ok", found, details };
}
