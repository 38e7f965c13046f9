/**
 * The one command: every check that main must pass. `npm run verify`; `npm test` adds `--system`, the suites that
 * start real servers and drive them with the official clients.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { checkGenerated } from "./generate.ts";
import { checkImports } from "./imports.ts";
import { runTests } from "./test.ts";

const ROOT = join(import.meta.dirname, "..");
process.chdir(ROOT);

const UNIT = ["packages/*/src/**/*.test.ts", "tools/**/*.test.ts", "tests/protocol/**/*.test.ts"];
const SYSTEM = ["tests/{compat,system,faults}/**/*.test.ts", "examples/*/*.test.ts"];

/** Each check answers what is wrong with the tree; nothing means that it passed. */
const CHECKS: readonly [name: string, check: () => Promise<string> | string][] = [
  ["format and lint", () => tool("biome", "ci", "--colors=off", "--error-on-warnings", ".")],
  ["types", () => tool("tsc", "-p", ".")],
  ["import rules", async () => (await checkImports()).join("\n")],
  ["generated files are those committed", async () => (await checkGenerated()).join("\n")],
  ["dead code", () => tool("knip", "--no-progress")],
];

let passed = 0;
let failed = 0;
const skipped: string[] = [];
for (const [name, check] of CHECKS) await timed(name, async () => tally(name, await check()));
await timed("unit, contract and protocol tests", () => tests(UNIT, 2));
if (process.argv.includes("--system"))
  await timed("compat, system and fault tests", () => tests(SYSTEM, 2));

for (const line of skipped) console.log(`skipped  ${line}`);
console.log(
  `${passed} passed, ${failed} failed${skipped.length ? `, ${skipped.length} skipped` : ""}`,
);
process.exitCode = failed > 0 ? 1 : 0;

function tool(name: string, ...args: string[]): string {
  const command = join("node_modules", ".bin", name);
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  return status === 0
    ? ""
    : `${error?.message ?? ""}${stdout ?? ""}${stderr ?? ""}` || `exit ${status}`;
}

function tally(name: string, problem: string): void {
  if (problem === "") passed++;
  else {
    failed++;
    console.log(`✖ ${name}\n${problem}`);
  }
}

async function tests(patterns: readonly string[], concurrency: number): Promise<void> {
  const outcome = await runTests(patterns, concurrency);
  passed += outcome.passed;
  failed += outcome.failed;
  skipped.push(...outcome.skipped);
}

async function timed(name: string, work: () => Promise<void>): Promise<void> {
  const before = failed;
  const started = performance.now();
  await work();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${failed === before ? "✔" : "✖"} ${name} (${seconds} s)`);
}
