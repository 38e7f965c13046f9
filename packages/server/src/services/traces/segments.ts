/**
 * Segments on their way to the disk and there. What is told waits in memory for at most a quarter of a second and is
 * written in one commit; whoever must not wait never does: beyond a bound documents are dropped, and counted.
 */
import type { Scope } from "../../domain/scope.ts";
import { isRefused, readSegment, type Segment } from "../../domain/segment.ts";
import type { Change } from "../../ports/records.ts";
import type { TraceLimits, TracesDependencies } from "./context.ts";
import { readTimeId, segmentsSpace, TIMES, TOTALS, timeId, timePrefix } from "./spaces.ts";

interface Waiting {
  readonly scope: Scope;
  readonly segment: Segment;
  readonly text: string;
}
interface Stored {
  readonly text: string;
}

/** Of one trace that are read; X-Ray stops at 500 kB. */
export const MAX_DOCUMENTS = 2_000;
const FLUSH_MS = 250;
/** Documents of one commit. */
const BATCH = 2_000;
const BATCH_BYTES = 8 << 20;
/** Traces whose place in time is remembered, and entities that may be told of again. */
const REMEMBERED = 50_000;
const SWEEP_MS = 10 * 60 * 1000;
/** Traces of one step of a sweep. */
const STEP = 100;

export class Segments {
  readonly #context: TracesDependencies;
  readonly #limits: TraceLimits;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #timer: (() => void) | undefined;
  #sweeper: (() => void) | undefined;
  #closed = false;
  /** Bytes on the disk; undefined until they are read. */
  #total: number | undefined;
  /** By scope and trace: when it was first seen, in milliseconds. */
  readonly #placed = new Map<string, number>();
  /** Documents that are not final, by trace and entity: what they count for. */
  readonly #open = new Map<string, number>();

  constructor(context: TracesDependencies, limits: TraceLimits) {
    this.#context = context;
    this.#limits = limits;
  }

  /** Takes a document; false where there is no room for it. */
  add(scope: Scope, segment: Segment, text: string): boolean {
    const bytes = text.length;
    const { waiting, waitingBytes } = this.#limits;
    if (
      this.#closed ||
      this.#waiting.length >= waiting ||
      this.#waitingBytes + bytes > waitingBytes
    ) {
      this.#dropped(1);
      return false;
    }
    this.#waiting.push({ scope, segment, text });
    this.#waitingBytes += bytes;
    this.#timer ??= this.#context.clock.after(FLUSH_MS, () => {
      this.#timer = undefined;
      this.flush().catch((error) => this.#context.onFailure(error));
    });
    return true;
  }

  /** Resolves once everything that was taken before is durable. @throws what the storage says; it is dropped then. */
  async flush(): Promise<void> {
    const failures: unknown[] = [];
    while (this.#waiting.length > 0 || this.#writing !== undefined) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
      await this.#writing.catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** The documents of a trace, as their senders wrote them: at most MAX_DOCUMENTS. */
  async documents(scope: Scope, traceId: string): Promise<{ id: string; text: string }[]> {
    const asked = { prefix: `${traceId}/`, limit: MAX_DOCUMENTS };
    const all = await this.#context.records.list<Stored>(segmentsSpace(scope), asked);
    return all.map(({ id, value }) => ({ id: id.slice(traceId.length + 1), text: value.text }));
  }

  /** The same, read. */
  async segments(scope: Scope, traceId: string): Promise<Segment[]> {
    return (await this.documents(scope, traceId)).flatMap(({ text }) => {
      const read = readSegment(text);
      return isRefused(read) ? [] : [read];
    });
  }

  /** Traces of a scope that began in [from, to), in order; `after` is a cursor that this gave. */
  async traces(
    scope: Scope,
    from: number,
    to: number,
    limit: number,
    after?: string,
  ): Promise<{ traceIds: string[]; cursor: string | undefined }> {
    const end = timePrefix(to);
    const traceIds = new Set<string>();
    for (let cursor = after ?? timePrefix(from); ; ) {
      const page = await this.#context.records.list(TIMES, { after: cursor, limit: 500 });
      for (const { id } of page) {
        if (id >= end) return { traceIds: [...traceIds], cursor: undefined };
        const place = readTimeId(id);
        if (place.scope.account === scope.account && place.scope.region === scope.region)
          traceIds.add(place.traceId);
        cursor = id;
        if (traceIds.size >= limit) return { traceIds: [...traceIds], cursor };
      }
      if (page.length < 500) return { traceIds: [...traceIds], cursor: undefined };
    }
  }

  /** Forgets what is too old or too much, now and from time to time. */
  start(): void {
    this.#sweep().catch((error) => this.#context.onFailure(error));
    this.#sweeper = this.#context.clock.after(SWEEP_MS, () => this.start());
  }

  async close(): Promise<void> {
    this.#timer?.();
    this.#sweeper?.();
    await this.flush().catch((error) => this.#context.onFailure(error));
    this.#closed = true;
  }

  async #write(): Promise<void> {
    let bytes = 0;
    let count = 0;
    for (const { text } of this.#waiting) {
      if (count > 0 && (count === BATCH || bytes + text.length > BATCH_BYTES)) break;
      bytes += text.length;
      count += 1;
    }
    const batch = this.#waiting.splice(0, count);
    this.#waitingBytes -= bytes;
    try {
      this.#total ??= await this.#readTotal();
      const changes = this.#changesOf(batch);
      await this.#context.records.commit(changes);
    } catch (error) {
      this.#dropped(batch.length);
      // What was noted of them is not so; the disk knows.
      this.#total = undefined;
      for (const { scope, segment } of batch)
        this.#placed.delete(`${scope.account}/${scope.region}/${segment.trace_id}`);
      throw error;
    }
    if ((this.#total ?? 0) > this.#limits.bytes) await this.#sweep();
  }

  #changesOf(batch: readonly Waiting[]): Change[] {
    const changes: Change[] = [];
    for (const { scope, segment, text } of batch) {
      const key = `${scope.account}/${scope.region}/${segment.trace_id}`;
      const entity = `${key}/${segment.id}`;
      if (!this.#placed.has(key)) {
        // Who says that it begins in the future would stay when all others go.
        const ms = Math.min(segment.start_time * 1000, this.#context.clock.now());
        remember(this.#placed, key, ms);
        changes.push({ put: {}, space: TIMES, id: timeId(ms, scope, segment.trace_id) });
      }
      this.#total = (this.#total ?? 0) + text.length - (this.#open.get(entity) ?? 0);
      if (segment.in_progress === true) remember(this.#open, entity, text.length);
      else this.#open.delete(entity);
      const id = `${segment.trace_id}/${segment.id}`;
      changes.push({ put: { text } satisfies Stored, space: segmentsSpace(scope), id });
    }
    changes.push({ put: { bytes: this.#total }, space: TOTALS, id: "bytes" });
    return changes;
  }

  async #readTotal(): Promise<number> {
    const found = await this.#context.records.get<{ bytes: number }>(TOTALS, "bytes");
    return found?.value.bytes ?? 0;
  }

  async #sweep(): Promise<void> {
    const { records, clock } = this.#context;
    this.#total ??= await this.#readTotal();
    const oldest = timePrefix(clock.now() - this.#limits.retentionMs);
    for (;;) {
      const page = await records.list(TIMES, { limit: STEP });
      const gone = page.filter(
        ({ id }, index) =>
          id < oldest || ((this.#total ?? 0) > this.#limits.bytes && index < STEP / 2),
      );
      if (gone.length === 0) return;
      for (const { id } of gone) await this.#forget(id);
    }
  }

  async #forget(id: string): Promise<void> {
    const { scope, traceId } = readTimeId(id);
    const space = segmentsSpace(scope);
    const { records } = this.#context;
    for (;;) {
      const found = await records.list<Stored>(space, { prefix: `${traceId}/`, limit: 1_000 });
      const bytes = found.reduce((sum, { value }) => sum + value.text.length, 0);
      this.#total = Math.max(0, (this.#total ?? 0) - bytes);
      const last = found.length < 1_000;
      await records.commit([
        ...found.map((each) => ({ delete: true, space, id: each.id }) as const),
        ...(last ? [{ delete: true, space: TIMES, id } as const] : []),
        { put: { bytes: this.#total }, space: TOTALS, id: "bytes" },
      ]);
      if (last) break;
    }
    this.#placed.delete(`${scope.account}/${scope.region}/${traceId}`);
  }

  #dropped(count: number): void {
    this.#context.metrics.count("TraceSegmentsDropped", {}, count);
  }
}

/** The oldest are forgotten. */
function remember(map: Map<string, number>, key: string, value: number): void {
  if (map.size >= REMEMBERED) {
    const first = map.keys().next();
    if (!first.done) map.delete(first.value);
  }
  map.set(key, value);
}
