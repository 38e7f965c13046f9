/** How far a shard is: records end in any order, and its checkpoint is before the first that has not ended. */
import { type Checkpoints, compareSequence, type ShardCheckpoint } from "./stream-work.ts";

interface Entry {
  readonly sequenceNumber: string;
  readonly lane: number;
  done: boolean;
}
export type ProgressEntry = Entry;

export class Progress {
  readonly #checkpoints: Checkpoints;
  readonly #shardId: string;
  #after: string;
  readonly #lanes: { after?: string; window?: { start: number; state: unknown } }[];
  #order: Entry[] = [];
  #head = 0;
  #dirty = false;
  #saving: Promise<void> | undefined;

  constructor(
    checkpoints: Checkpoints,
    shardId: string,
    before: ShardCheckpoint,
    lanes: number,
    windows: boolean,
  ) {
    this.#checkpoints = checkpoints;
    this.#shardId = shardId;
    this.#after = before.after;
    // With another number of them keys are spread otherwise: what they knew is of no use.
    const known = before.lanes?.length === lanes ? before.lanes : [];
    this.#lanes = Array.from({ length: lanes }, (_, index) => {
      const { after, window } = known[index] ?? {};
      return {
        ...(after === undefined ? {} : { after }),
        ...(windows && window !== undefined ? { window } : {}),
      };
    });
  }

  get after(): string {
    return this.#after;
  }

  /** The window that a lane has open. */
  windowOf(lane: number): { readonly start: number; readonly state: unknown } | undefined {
    return this.#lanes[lane]?.window;
  }

  /** Its next `save` keeps it. */
  setWindow(lane: number, window: { start: number; state: unknown } | undefined): void {
    const known = this.#lanes[lane];
    if (known === undefined) return;
    if (window === undefined) delete known.window;
    else known.window = window;
    this.#dirty = true;
  }

  /** A record comes; undefined where it was processed in an earlier life. */
  add(sequenceNumber: string, lane: number, done: boolean): Entry | undefined {
    const before = this.#lanes[lane]?.after;
    const again = before !== undefined && compareSequence(sequenceNumber, before) <= 0;
    const entry = { sequenceNumber, lane, done: done || again };
    this.#order.push(entry);
    if (entry.done) this.#advance();
    return again ? undefined : entry;
  }

  end(entries: readonly Entry[]): void {
    for (const entry of entries) {
      entry.done = true;
      const lane = this.#lanes[entry.lane];
      if (lane !== undefined && this.#lanes.length > 1) lane.after = entry.sequenceNumber;
    }
    this.#advance();
  }

  /** Resolves once what has ended so far is kept. Those who save at once share a commit. */
  async save(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving.catch(() => {});
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#saving = this.#checkpoints
      .save(new Map([[this.#shardId, this.#checkpoint()]]))
      .catch((error: unknown) => {
        this.#dirty = true;
        throw error;
      })
      .finally(() => {
        this.#saving = undefined;
      });
    await this.#saving;
  }

  /** The shard was read and processed to its end. */
  async finish(): Promise<void> {
    await this.#checkpoints.save(new Map([[this.#shardId, { after: this.#after, ended: true }]]));
  }

  #checkpoint(): ShardCheckpoint {
    const lanes = this.#lanes.some(({ after, window }) => after !== undefined || window);
    return { after: this.#after, ...(lanes ? { lanes: structuredClone(this.#lanes) } : {}) };
  }

  #advance(): void {
    const order = this.#order;
    let head = this.#head;
    for (let entry = order[head]; entry?.done; entry = order[head]) {
      this.#after = entry.sequenceNumber;
      head += 1;
    }
    this.#dirty = true;
    this.#head = head;
    if (head > 1000 && head * 2 > order.length) {
      this.#order = order.slice(head);
      this.#head = 0;
    }
  }
}
