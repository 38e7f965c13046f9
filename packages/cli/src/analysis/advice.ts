/** What to do about a package: only what was measured. */
import { runtimeBrings } from "@yunque/server/package-tools";
import { packageOf } from "../bundle/package-of.ts";
import { bytesText } from "../bytes.ts";
import type { Analysis } from "./analysis.ts";
import type { Step } from "./savings.ts";
import type { Part } from "./sizes.ts";
import { msText, partName } from "./words.ts";

/** Parts of init or size below these are not worth a word. */
const LEAST_BYTES = 100_000;
const LEAST_SHARE = 0.1;
const LEAST_MS = 5;

export function adviceFor(analysis: Analysis): string[] {
  return [
    ...buildIt(analysis),
    ...sdkInside(analysis),
    ...neverLoaded(analysis),
    ...slowest(analysis),
    ...twice(analysis),
    ...unread(analysis),
  ];
}

function buildIt({ savings }: Analysis): string[] {
  const [now, ...steps] = savings?.steps ?? [];
  const best = steps.filter(({ failure }) => failure === undefined).at(-1);
  if (now?.ms === undefined || best?.ms === undefined) return [];
  const [bytes, ms] = [now.bytes - best.bytes, now.ms - best.ms];
  const faster =
    ms >= LEAST_MS && isFaster(now, best)
      ? ` and init from ${msText(now.ms)} to ${msText(best.ms)}`
      : "";
  if (bytes < LEAST_BYTES && faster === "") return [];
  return [
    `yunque build takes the package from ${bytesText(now.bytes)} to ${bytesText(best.bytes)}${faster}.`,
  ];
}

/** Other work on this machine may slow any run: what is faster is so in nearly every round. */
function isFaster(now: Step, then: Step): boolean {
  const better = now.runs.filter((ms, round) => (then.runs[round] ?? ms) < ms);
  return better.length >= now.runs.length * 0.8;
}

function sdkInside({ subject, sizes }: Analysis): string[] {
  const brought = sizes.parts.filter(
    ({ name, origin }) => origin === "code" && runtimeBrings(subject.runtime ?? "", name),
  );
  const bytes = bytesOf(brought);
  if (bytes < LEAST_BYTES) return [];
  const names = listOf(brought);
  return [
    `${names}: the runtime brings them. Left out of the package they save ${bytesText(bytes)}.`,
  ];
}

function neverLoaded({ init }: Analysis): string[] {
  const parts = "unloaded" in init ? init.unloaded : [];
  const bytes = bytesOf(parts);
  if (bytes < LEAST_BYTES) return [];
  return [
    `Not loaded at init: ${listOf(parts)} (${bytesText(bytes)}). If no invocation loads them either, leave them out.`,
  ];
}

/** Of what the function itself imports: nothing else is its own to move. */
function slowest({ init }: Analysis): string[] {
  if (!("parts" in init)) return [];
  const imported = new Set(
    init.modules
      .filter(({ importer }) => importer?.origin === "code" && !packageOf(importer.path))
      .map(({ origin, path }) => `${origin}:${packageOf(path)?.directory}`),
  );
  return init.parts
    .filter(({ origin, directory }) => imported.has(`${origin}:${directory}`))
    .filter(({ totalMs }) => totalMs >= Math.max(LEAST_MS, init.selfMs * LEAST_SHARE))
    .sort((a, b) => b.totalMs - a.totalMs)
    .slice(0, 3)
    .map(
      ({ name, totalMs }) =>
        `${name} and what only it brings take ${msText(totalMs)} of init (${percent(totalMs / init.selfMs)}): import it where it is used, if not every invocation uses it.`,
    );
}

function twice({ sizes }: Analysis): string[] {
  const byName = Map.groupBy(
    sizes.parts.filter(({ name }) => name !== ""),
    ({ name }) => name,
  );
  const extra = [...byName].filter(([, parts]) => copiesOf(parts) > 1);
  // One of each is needed: the largest.
  const bytes = extra.reduce((all, [, parts]) => {
    const each = parts.flatMap((part) =>
      part.directories.map(() => part.bytes / part.directories.length),
    );
    return all + each.reduce((sum, one) => sum + one, 0) - Math.max(...each);
  }, 0);
  if (bytes < LEAST_BYTES) return [];
  const names = extra.map(([name, parts]) => `${name} (${copiesOf(parts)} times)`);
  return [
    `There more than once: ${shortened(names)}. npm dedupe, or versions that agree, save up to ${bytesText(Math.round(bytes))}.`,
  ];
}

const copiesOf = (parts: readonly Part[]): number =>
  parts.reduce((all, { directories }) => all + directories.length, 0);

function unread({ sizes }: Analysis): string[] {
  const { files, bytes } = sizes.unread;
  if (bytes < LEAST_BYTES) return [];
  return [
    `${files} files of dependencies are source maps, type declarations and documentation (${bytesText(bytes)}): nothing runs them.`,
  ];
}

const bytesOf = (parts: readonly (Part | Step)[]): number =>
  parts.reduce((all, { bytes }) => all + bytes, 0);

const listOf = (parts: readonly Part[]): string => shortened(parts.map(partName));

const MOST_NAMES = 5;

function shortened(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(", ");
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
