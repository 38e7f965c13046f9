/** What the contract suites share: how they get an engine, and how a case is registered. */
import { it } from "node:test";

/** An engine as a suite sees it. */
export interface Subject<Port> {
  /** For the suite's title. */
  readonly engine: string;
  /** Opens an empty port. */
  readonly open: () => Promise<UnderTest<Port>>;
  /** Whether what was acknowledged outlives the port. */
  readonly keeps: boolean;
}

export interface UnderTest<Port> {
  readonly port: Port;
  /** Closes the port and opens what it kept; only engines that keep have it. */
  readonly reopen?: () => Promise<Port>;
  /** Closes and removes everything. */
  readonly dispose: () => Promise<void>;
}

/** Registers one case; each has an engine of its own. */
export type Case<Port> = (
  name: string,
  behaviour: (port: Port, reopen: () => Promise<Port>) => Promise<void>,
) => void;

export function casesOf<Port>({ open }: Subject<Port>): Case<Port> {
  return (name, behaviour) => {
    it(name, async () => {
      const { port, reopen, dispose } = await open();
      try {
        await behaviour(port, reopen ?? (() => Promise.reject(new Error("nothing is kept"))));
      } finally {
        await dispose();
      }
    });
  };
}

/** Looks until the answer is yes; after ten seconds it gives up. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never came true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Matches the errors of ports/storage-errors.ts by their code. */
export const withCode = (code: string) => (error: unknown) =>
  error instanceof Error && "code" in error && error.code === code;

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** Random numbers from 0 to 1, the same for the same seed (Mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
