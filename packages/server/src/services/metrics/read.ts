/** Reads the points of a series: from blocks of the coarsest resolution that will do, and from what waits. */
import type { MetricPoint } from "../../domain/metric-point.ts";
import type { Records } from "../../ports/records.ts";
import type { Block } from "./blocks.ts";
import { blockId, LEVELS, type Level, spaceOf } from "./spaces.ts";
import { addPoint, pointOfNumbers, type Shelf } from "./store.ts";

export interface Range {
  readonly from: number;
  readonly to: number;
  readonly period: number;
  readonly now: number;
}

/** Points in `[from, to)` by the beginning of their period. */
export async function readPoints(
  records: Records,
  shelf: Shelf,
  id: string,
  range: Range,
): Promise<Map<number, MetricPoint>> {
  const level = levelFor(range.period);
  const points = await readLevel(records, shelf, id, { ...range, level });
  if (level.step > 1_000) return points;
  // What was told by the minute has no seconds.
  const minutes = await readLevel(records, shelf, id, {
    ...range,
    level: LEVELS[1],
    period: 60_000,
  });
  const filled = new Set([...points.keys()].map((time) => Math.floor(time / 60_000)));
  for (const [time, point] of minutes)
    if (!filled.has(Math.floor(time / 60_000))) points.set(time, point);
  return new Map([...points].sort(([a], [b]) => a - b));
}

const levelFor = (period: number): Level =>
  LEVELS.findLast(({ step }) => period % step === 0) ?? LEVELS[0];

async function readLevel(
  records: Records,
  shelf: Shelf,
  id: string,
  { from, to, period, level, now }: Range & { readonly level: Level },
): Promise<Map<number, MetricPoint>> {
  const points = new Map<number, MetricPoint>();
  const folded = new Map<number, number>();
  const space = spaceOf(shelf.scope, level.kind);
  const add = (time: number, point: MetricPoint) => {
    const start = Math.floor(time / period) * period;
    if (start >= from && start < to) addPoint(points, start, point);
  };
  const oldest = Math.max(from, now - level.keep - level.block);
  const first = Math.floor(oldest / level.block) * level.block;
  const waiting = [...(shelf.pending.get(id) ?? [])];
  for (let block = first; block < to; block += level.block) {
    const found = (await records.get<Block>(space, blockId(level, block, id)))?.value;
    if (!found) continue;
    folded.set(block, found.upTo);
    for (const [step = 0, ...numbers] of found.points)
      add(block + step * level.step, pointOfNumbers(numbers));
  }
  for (const { sequence, time, fine, point } of waiting) {
    if (level.step === 1_000 && !fine) continue;
    const block = Math.floor(time / level.block) * level.block;
    if (sequence > (folded.get(block) ?? 0)) add(time, point);
  }
  return new Map([...points].sort(([a], [b]) => a - b));
}
