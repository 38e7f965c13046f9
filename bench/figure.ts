/**
 * A figure is one thing that Yunque must be good at, measured beside its own floor in the same run. These machines are
 * noisy: only the ratio means anything. Each file of bench/figures/ exports `figure: Figure`.
 */
export interface Figure {
  /** What `npm run bench -- NAME` says. */
  readonly name: string;
  /** One line: what is measured, and what the floor is. */
  readonly describe: string;
  run(options: BenchOptions): Promise<Measurement[]>;
}

export interface BenchOptions {
  /** A short run that only proves that the figure works. */
  readonly quick: boolean;
  /** Progress for people, on stderr. */
  readonly progress: (line: string) => void;
}

export interface Measurement {
  /** For example "warm invoke, 64 connections". */
  readonly name: string;
  readonly value: number;
  /** For example "requests per CPU-second", "ms p50". */
  readonly unit: string;
  /** The same thing without Yunque, measured in the same run. */
  readonly floor?: number;
  readonly floorName?: string;
  /** What an issue asks for, as text: ">= 0.3 of the floor". */
  readonly target?: string;
  /** Whether the target was met, where there is one. */
  readonly met?: boolean;
}

/** Flags of a platform that takes as many requests per second as come: by default it takes 10,000, as AWS does. */
export const UNLIMITED = ["--limits-request-rate", "0"];

/** The value at quantile `q` (0 to 1) of unsorted samples, by the nearest-rank method. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? NaN;
}
