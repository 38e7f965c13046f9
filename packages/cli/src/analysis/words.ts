import type { Part } from "./sizes.ts";

/** `42 ms`, `1.4 ms` */
export const msText = (ms: number): string => `${ms.toFixed(ms < 9.95 ? 1 : 0)} ms`;

/** `lodash@4.17.21`, as far as it is known. */
export function partName({ name, version, origin }: Part): string {
  const own = name === "" ? "your own code" : name;
  const versioned = version === undefined ? own : `${own}@${version}`;
  return origin === "code" ? versioned : `${versioned} (layer)`;
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const BAR = 24;

/** A bar whose length shows a share of the largest, 0 to 1. */
export function bar(share: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * BAR * 8);
  const text = "█".repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? "");
  return text === "" && share > 0 ? "▏" : text;
}
