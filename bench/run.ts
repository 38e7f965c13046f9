/** npm run bench -- [FIGURE...] [--quick] [--json FILE] : measures, prints a table, and keeps the result as JSON. */
import { readdir, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Figure, Measurement } from "./figure.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    help: { type: "boolean" },
  },
});
const figures = await load();
if (values.help) usage();
else await main();

async function main(): Promise<void> {
  const unknown = positionals.filter((name) => !figures.some((figure) => figure.name === name));
  if (unknown.length > 0) {
    console.error(`no such figure: ${unknown.join(", ")}`);
    usage();
    process.exitCode = 2;
    return;
  }
  const chosen = figures.filter((f) => positionals.length === 0 || positionals.includes(f.name));
  const results: Record<string, Measurement[]> = {};
  for (const figure of chosen) {
    console.error(`\n${figure.name}: ${figure.describe}`);
    const progress = (line: string) => console.error(`  ${line}`);
    const measured = await figure.run({ quick: values.quick, progress });
    results[figure.name] = measured;
    console.log(table(measured));
  }
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
  };
  const report = { date: new Date().toISOString(), node: process.version, machine, results };
  if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if (
    Object.values(results)
      .flat()
      .some((m) => m.met === false)
  )
    process.exitCode = 1;
}

async function load(): Promise<Figure[]> {
  const directory = join(import.meta.dirname, "figures");
  const files = (await readdir(directory)).filter((file) => file.endsWith(".ts")).sort();
  const modules = files.map(
    (file) => import(join(directory, file)) as Promise<{ figure?: Figure }>,
  );
  return (await Promise.all(modules)).flatMap(({ figure }) => (figure ? [figure] : []));
}

function usage(): void {
  console.log("npm run bench -- [FIGURE...] [--quick] [--json FILE]\n");
  for (const { name, describe } of figures) console.log(`  ${name.padEnd(12)} ${describe}`);
}

function table(measured: readonly Measurement[]): string {
  const rows = measured.map((m) => [
    m.name,
    `${round(m.value)} ${m.unit}`,
    m.floor === undefined ? "" : `${round(m.floor)} (${m.floorName ?? "floor"})`,
    m.floor === undefined ? "" : `${round(m.value / m.floor)}`,
    m.target === undefined ? "" : `${m.target} ${m.met === false ? "MISSED" : "met"}`,
  ]);
  const all = [["", "measured", "floor", "ratio", "target"], ...rows];
  const widths = all[0]?.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function round(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(3)));
}
