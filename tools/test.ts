/**
 * Runs test files on node:test, a process each, and says what matters: each failure in full, each skip with its
 * reason, and the counts. `node tools/node.mjs tools/test.ts PATTERN...`
 */
import { glob } from "node:fs/promises";
import { run } from "node:test";
import { inspect } from "node:util";

export interface Outcome {
  passed: number;
  failed: number;
  /** `name: reason` */
  skipped: string[];
}

/** Shape of the events that this runner reads. */
interface TestEvent {
  readonly name: string;
  readonly file?: string;
  readonly nesting: number;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: {
    readonly type?: string;
    readonly error?: Error;
    readonly duration_ms: number;
  };
}

/** Runs every file that the patterns name; `concurrency` files at a time. */
export async function runTests(patterns: readonly string[], concurrency = 2): Promise<Outcome> {
  const files: string[] = [];
  for (const pattern of patterns)
    for await (const file of glob(pattern, { exclude: ["**/node_modules/**"] })) files.push(file);
  const outcome: Outcome = { passed: 0, failed: 0, skipped: [] };
  if (files.length === 0) return outcome;
  const stream = run({
    files: files.sort(),
    concurrency,
    isolation: "process",
    timeout: 600_000,
  });
  for await (const { type, data } of stream) {
    if (type === "test:pass") count(outcome, data as TestEvent);
    else if (type === "test:fail") fail(outcome, data as TestEvent);
    else if (type === "test:stderr" || type === "test:stdout") process.stdout.write(data.message);
  }
  return outcome;
}

const isFile = (event: TestEvent): boolean => event.nesting === 0 && event.file === event.name;

function count(outcome: Outcome, event: TestEvent): void {
  if (event.details.type === "suite" || isFile(event)) return;
  if (event.skip !== undefined) {
    const reason = typeof event.skip === "string" && event.skip !== "" ? event.skip : "no reason";
    outcome.skipped.push(`${event.name}: ${reason}`);
  } else outcome.passed++;
}

function fail(outcome: Outcome, event: TestEvent): void {
  const cause = event.details.error?.cause ?? event.details.error;
  const echo = event.details.type === "suite" && /subtests? failed/.test(String(cause));
  if (echo) return;
  outcome.failed++;
  console.log(`✖ ${event.name}${event.file ? `  (${event.file})` : ""}\n${inspect(cause)}\n`);
}

if (import.meta.main) {
  const { passed, failed, skipped } = await runTests(process.argv.slice(2));
  for (const line of skipped) console.log(`skipped  ${line}`);
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}
