/** How commands speak: results to stdout, everything else to stderr. */
import type { Failure } from "./failure.ts";

/** Prints a line, or several, to stdout. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints one JSON document to stdout. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}

/** Says to stderr what went wrong and what to do about it. */
export function complain(error: Failure, json: boolean): void {
  const { message, hint } = error;
  const text = hint === undefined ? message : `${message}\n${hint}`;
  const line = json ? JSON.stringify({ error: { message, hint } }) : `yunque: ${printable(text)}`;
  process.stderr.write(`${line}\n`);
}

/** Columns as wide as their widest cell, two spaces apart; what comes from outside cannot break them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows.map((row) => row.map((cell) => printable(cell, false)))];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Control characters but tab and line feed, and marks that turn the direction of text. */
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
/** Colours are the one thing that a function's output may do to a terminal. */
const COLOUR = /(\u001b\[[\d;]*m)/;

/** Text of strangers for a terminal: it may have colours and, with `lines`, lines, but cannot steer. */
export function printable(text: string, lines = true): string {
  const parts = text
    .split(COLOUR)
    .map((part, index) => (index % 2 ? part : part.replace(STEERING, "\ufffd")));
  const clean = parts.join("");
  return lines ? clean : clean.replace(/[\t\n]/g, " ");
}
