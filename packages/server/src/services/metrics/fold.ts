/** Moves what was told into blocks, and drops blocks and series that are too old. */
import type { MetricPoint } from "../../domain/metric-point.ts";
import type { Change, Records } from "../../ports/records.ts";
import { type Block, numbersOf } from "./blocks.ts";
import {
  blockId,
  CHUNKS,
  LEVELS,
  type Level,
  metricKey,
  numberId,
  SERIES,
  spaceOf,
} from "./spaces.ts";
import { addPoint, pointOfNumbers, type Shelf } from "./store.ts";

/** One sample that is not in all of its blocks yet. */
export interface Pending {
  readonly sequence: number;
  readonly time: number;
  readonly fine: boolean;
  readonly point: MetricPoint;
}

/** Blocks of one commit. */
const BATCH = 500;
const PAGE = 1000;

export async function foldInto(
  records: Records,
  shelf: Shelf,
  now: number,
  forgetDays: number,
): Promise<void> {
  const upTo = shelf.sequence;
  const taken = [...shelf.pending].map(([id, all]) => [id, all.length] as const);
  let changes: Change[] = [];
  const flush = async () => {
    if (changes.length > 0) await records.commit(changes);
    changes = [];
  };
  for (const [id, count] of taken) {
    const samples = shelf.pending.get(id)?.slice(0, count) ?? [];
    for (const level of LEVELS) {
      for (const [block, some] of byBlock(level, samples, now)) {
        changes.push(await folded(records, shelf, { level, block, id, samples: some, upTo }));
        if (changes.length >= BATCH) await flush();
      }
    }
  }
  await flush();
  for (const { id } of await chunksUpTo(records, shelf, upTo)) {
    changes.push({ delete: true, space: spaceOf(shelf.scope, CHUNKS), id });
    if (changes.length >= BATCH) await flush();
  }
  await flush();
  for (const [id, count] of taken) {
    const rest = shelf.pending.get(id)?.slice(count) ?? [];
    shelf.waiting -= count;
    if (rest.length === 0) shelf.pending.delete(id);
    else shelf.pending.set(id, rest);
  }
  await trim(records, shelf, now, forgetDays);
}

function byBlock(level: Level, samples: readonly Pending[], now: number) {
  const blocks = new Map<number, Pending[]>();
  for (const sample of samples) {
    if (sample.time < now - level.keep || (level.step === 1_000 && !sample.fine)) continue;
    const block = Math.floor(sample.time / level.block) * level.block;
    const list = blocks.get(block);
    if (list) list.push(sample);
    else blocks.set(block, [sample]);
  }
  return blocks;
}

async function folded(
  records: Records,
  { scope }: Shelf,
  part: { level: Level; block: number; id: string; samples: readonly Pending[]; upTo: number },
): Promise<Change> {
  const { level, block, samples, upTo } = part;
  const space = spaceOf(scope, level.kind);
  const id = blockId(level, block, part.id);
  const before = (await records.get<Block>(space, id))?.value;
  const points = new Map<number, MetricPoint>();
  for (const [step = 0, ...numbers] of before?.points ?? [])
    points.set(step, pointOfNumbers(numbers));
  for (const { sequence, time, point } of samples)
    if (sequence > (before?.upTo ?? 0))
      addPoint(points, Math.floor((time - block) / level.step), point);
  const value: Block = { upTo, points: [...points].map(([step, point]) => numbersOf(step, point)) };
  return { put: value, space, id };
}

async function chunksUpTo(records: Records, { scope }: Shelf, upTo: number) {
  const all: { readonly id: string }[] = [];
  for (let after = ""; ; ) {
    const page = await records.list(spaceOf(scope, CHUNKS), { after, limit: PAGE });
    all.push(...page.filter(({ id }) => id <= numberId(upTo)));
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined || last.id > numberId(upTo)) return all;
    after = last.id;
  }
}

/** Blocks sort by time: those that are too old come first. */
async function trim(records: Records, shelf: Shelf, now: number, forgetDays: number) {
  for (const level of LEVELS) {
    const space = spaceOf(shelf.scope, level.kind);
    const end = numberId(Math.floor((now - level.keep) / level.block));
    for (;;) {
      const page = await records.list(space, { limit: BATCH });
      const old = page.filter(({ id }) => id < end);
      if (old.length > 0)
        await records.commit(old.map(({ id }) => ({ delete: true, space, id }) as const));
      if (old.length < BATCH) break;
    }
  }
  const today = Math.floor(now / 86_400_000);
  const gone = [...shelf.series].filter(([, { day }]) => day < today - forgetDays);
  for (let at = 0; at < gone.length; at += BATCH)
    await records.commit(
      gone
        .slice(at, at + BATCH)
        .map(([id]) => ({ delete: true, space: spaceOf(shelf.scope, SERIES), id }) as const),
    );
  for (const [id, series] of gone) {
    shelf.series.delete(id);
    const units = shelf.units.get(metricKey(series));
    units?.delete(series.unit);
    if (units?.size === 0) shelf.units.delete(metricKey(series));
  }
}
