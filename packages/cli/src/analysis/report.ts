/** An analysis for people: tables with bars, and what to do about them. */
import { bytesText } from "../bytes.ts";
import { printable, table } from "../output.ts";
import { adviceFor } from "./advice.ts";
import type { Analysis, Init } from "./analysis.ts";
import type { InitPart, InitTimes } from "./init-times.ts";
import type { Savings } from "./savings.ts";
import type { Sizes } from "./sizes.ts";
import { bar, msText, partName } from "./words.ts";

const MOST_ROWS = 12;

export function report(analysis: Analysis): string {
  const { sizes, init, savings } = analysis;
  const advice = adviceFor(analysis);
  const sections = [
    title(analysis),
    sizeSection(sizes),
    initSection(init, sizes),
    savings ? savingsSection(savings) : "",
    advice.length > 0 ? advice.map((line) => `* ${printable(line, false)}`).join("\n") : "",
  ];
  return sections.filter((section) => section !== "").join("\n\n");
}

function title({ subject, sizes }: Analysis): string {
  const { name, runtime, handler, zipped, layers } = subject;
  const what = [runtime, handler].filter((one) => one !== undefined).join(", ");
  const zip = zipped === undefined ? "" : `, ${bytesText(zipped)} zipped`;
  const over = layers.length === 0 ? "" : `, ${layers.length} layers`;
  const size = `${bytesText(sizes.bytes)} in ${sizes.files} files${zip}${over}`;
  return printable(`${name}: ${what === "" ? "" : `${what}: `}${size}`, false);
}

function sizeSection({ parts, bytes }: Sizes): string {
  const largest = parts[0]?.bytes ?? 0;
  const rows = parts
    .slice(0, MOST_ROWS)
    .map((part) => [
      partName(part),
      bytesText(part.bytes),
      percent(part.bytes / bytes),
      String(part.files),
      bar(part.bytes / largest),
    ]);
  const rest = parts.slice(MOST_ROWS);
  if (rest.length > 0) {
    const of = rest.reduce((all, part) => all + part.bytes, 0);
    const files = rest.reduce((all, part) => all + part.files, 0);
    rows.push([`${rest.length} more`, bytesText(of), percent(of / bytes), String(files), ""]);
  }
  return table(["SIZE", "BYTES", "SHARE", "FILES", ""], rows);
}

function initSection(init: Init, sizes: Sizes): string {
  if ("reason" in init) return printable(init.reason);
  if ("failure" in init)
    return `Init: the handler does not load.\n${printable(indented(init.failure))}`;
  return [timesTable(init, sizes), timesNote(init), modulesTable(init)].join("\n\n");
}

function timesTable({ parts, selfMs: all }: InitTimes, sizes: Sizes): string {
  const shown = parts.filter(({ selfMs }) => selfMs > 0);
  const slowest = shown[0]?.selfMs ?? 0;
  const rows = shown
    .slice(0, MOST_ROWS)
    .map((part) => [
      initName(part, sizes),
      msText(part.selfMs),
      percent(part.selfMs / all),
      part.origin === "node" ? "" : msText(part.totalMs),
      part.origin === "node" ? "" : String(part.modules),
      bar(part.selfMs / slowest),
    ]);
  const rest = shown.slice(MOST_ROWS);
  if (rest.length > 0) {
    const ms = rest.reduce((sum, { selfMs }) => sum + selfMs, 0);
    const modules = rest.reduce((sum, one) => sum + one.modules, 0);
    rows.push([`${rest.length} more`, msText(ms), percent(ms / all), "", String(modules), ""]);
  }
  return table(["INIT", "SELF", "SHARE", "WITH WHAT IT LOADS", "MODULES", ""], rows);
}

function timesNote({ ms, runs, tier }: InitTimes & { readonly tier: string }): string {
  return `Init takes ${msText(ms)} (median of ${runs.length}, ${rangeOf(runs)}), in fresh processes of Node.js ${process.versions.node}, isolation ${tier}.`;
}

function modulesTable({ modules }: InitTimes): string {
  const shown = modules.filter(({ origin }) => origin !== "node").slice(0, 5);
  const rows = shown.map(({ path, origin, selfMs, importer }) => [
    origin === "code" ? path : `${path} (${origin})`,
    msText(selfMs),
    importer?.path ?? "",
  ]);
  return table(["SLOWEST MODULES", "SELF", "FIRST IMPORTED BY"], rows);
}

function initName({ name, origin, directory }: InitPart, { parts }: Sizes): string {
  if (origin === "node") return "Node.js itself";
  if (origin === "runtime") return "the runtime's AWS SDK";
  const part = parts.find(
    (one) =>
      one.name === name &&
      one.directories.includes(directory) &&
      (one.origin === "code") === (origin === "code"),
  );
  return part ? partName(part) : name === "" ? "your own code" : name;
}

function savingsSection({ steps, failure }: Savings): string {
  const largest = Math.max(...steps.map(({ bytes }) => bytes));
  const slowest = Math.max(...steps.map(({ ms = 0 }) => ms));
  const rows = steps.map(({ name, bytes, ms, runs, failure: why }) => [
    name,
    bytesText(bytes),
    bar(bytes / largest),
    ms === undefined ? `does not load: ${(why ?? "").split("\n")[0]}` : msText(ms),
    ms === undefined ? "" : bar(ms / slowest),
    ms === undefined ? "" : rangeOf(runs),
  ]);
  const text =
    steps.length > 1 ? table(["WHAT IT COULD BE", "BYTES", "", "INIT", "", "RUNS"], rows) : "";
  const why = failure === undefined ? "" : `Bundling fails: ${printable(failure)}`;
  return [text, why].filter((one) => one !== "").join("\n");
}

const rangeOf = (runs: readonly number[]): string =>
  `${msText(Math.min(...runs))} to ${msText(Math.max(...runs))}`;

const percent = (share: number): string =>
  `${Math.round((Number.isFinite(share) ? share : 0) * 100)} %`;

const indented = (text: string): string =>
  text
    .split("\n")
    .slice(0, 12)
    .map((line) => `  ${line}`)
    .join("\n");
