/** esbuild's messages in words for people who did not ask for a bundler. */
import type { Message } from "esbuild";
import { Failure } from "../failure.ts";

/** What is a mere remark to esbuild and matters to a function. */
export const SPOKEN_UP = {
  "unsupported-require-call": "warning",
  "unsupported-dynamic-import": "warning",
  "indirect-require": "warning",
} as const;

const WORDS: Readonly<Record<string, string>> = {
  "unsupported-require-call":
    "requires a module whose name is only known when it runs: that module is not in the bundle",
  "unsupported-dynamic-import":
    "imports a module whose name is only known when it runs: that module is not in the bundle",
  "indirect-require": "uses require in a way that hides what it needs: that is not in the bundle",
  "empty-import-meta": "uses import.meta, which is empty in CommonJS (build it with --format esm)",
  "require-resolve-not-external":
    "asks where a module lies (require.resolve), and finds it only if it is left out: --external NAME",
};

/** One line per message, the same one once. */
export function warningsOf(messages: readonly Message[]): string[] {
  const lines = messages.map((message) => {
    const words = WORDS[message.id] ?? message.text;
    return `${placeOf(message)}${words}`;
  });
  return [...new Set(lines)];
}

const MOST_ERRORS = 5;

/** What esbuild could not do, with what to do about it. */
export function failureOf(errors: readonly Message[]): Failure {
  const lines = errors.slice(0, MOST_ERRORS).map((error) => `${placeOf(error)}${error.text}`);
  if (errors.length > MOST_ERRORS) lines.push(`and ${errors.length - MOST_ERRORS} more`);
  const texts = errors.map(({ text }) => text).join("\n");
  return new Failure(`it cannot be bundled\n${lines.join("\n")}`, hintFor(texts));
}

function hintFor(texts: string): string | undefined {
  const [, missing] = /Could not resolve "([^"]+)"/.exec(texts) ?? [];
  if (missing !== undefined)
    return missing.startsWith(".")
      ? undefined
      : `Install it (npm install), or leave it out where a layer brings it: --external ${missing}`;
  const [, extension] = /No loader is configured for "(\.\w+)" files/.exec(texts) ?? [];
  if (extension !== undefined)
    return `Say what such files are: --loader ${extension}=text (or json, base64, binary, file, copy)`;
  if (/[Tt]op-level await/.test(texts)) return "ES modules can do this: --format esm";
  return undefined;
}

function placeOf({ location }: Message): string {
  return location === null ? "" : `${location.file}:${location.line}: `;
}
