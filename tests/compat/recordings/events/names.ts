/** Recordings are named by the class and the test that made them; here the test is enough, where there is one such. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Recordings } from "../harness.ts";

const ROOT = resolve(import.meta.dirname, "../../../../../shared/data/aws-recordings");

export function byShortNames(recordings: Recordings, files: readonly string[]): Recordings {
  const full = new Map(files.flatMap(namesIn).map((name) => [shortOf(name), name]));
  return {
    ...recordings,
    play: (name, calls, options) => recordings.play(full.get(name) ?? name, calls, options),
  };
}

const shortOf = (name: string): string => name.replace(/^Test\w+::/, "");

function namesIn(file: string): string[] {
  try {
    const recorded = JSON.parse(readFileSync(join(ROOT, file), "utf8")) as object;
    return Object.keys(recorded).map((name) => name.replace(/^.*?::/, ""));
  } catch {
    return [];
  }
}
