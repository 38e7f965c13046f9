/** Processes that wait to become an instance, of whatever kinds are asked for. */
import type { Clock } from "../../ports/clock.ts";
import { PoolPolicy } from "../../scaling/index.ts";
import type { Recipe } from "../blueprint.ts";
import { type Generic, startGeneric, type Workshop } from "./generic.ts";

/** What a pool needs. */
export interface PoolOptions extends Workshop {
  readonly clock: Clock;
  /** Processes of all kinds together; 0: there is no pool. */
  readonly most: number;
  /** Of the kind that was asked for last, where there was no burst. */
  readonly least: number;
  /** How many may boot at once. */
  readonly booting: number;
  /** Whether the machine has something better to do than to fill the pool, or no memory for it. */
  busy(): boolean;
}

interface Kind {
  /** Of the deployment that was told last. */
  recipe: Recipe;
  /** The one that booted first is the first. */
  readonly ready: Generic[];
  booting: number;
  /** Not started again before: the last one did not boot. */
  pausedUntil: number;
}

/** So long after something happened the pool is looked after: whoever took a process goes first. */
const LATER_MS = 10;
/** How often it is looked after while nothing happens. */
const EVERY_MS = 5_000;
const BOOT_MS = 10_000;
/** After one that did not boot. */
const PAUSE_MS = 10_000;

/** Starts nothing before a kind was asked for. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #policy: PoolPolicy;
  readonly #kinds = new Map<string, Kind>();
  /** Everything that was started here and is not gone, whoever has it now. */
  readonly #alive = new Set<Generic>();
  readonly #starting = new Set<Promise<void>>();
  #booting = 0;
  #looking: { readonly cancel: () => void; readonly soon: boolean } | undefined;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#policy = new PoolPolicy(options);
  }

  /** How many are ready. */
  get size(): number {
    let size = 0;
    for (const { ready } of this.#kinds.values()) size += ready.length;
    return size;
  }

  /** A process of this kind may be wanted soon. */
  expect(recipe: Recipe): void {
    if (this.#closed) return;
    this.#policy.expected(recipe.key, this.#options.clock.monotonic());
    this.#kind(recipe);
    this.#lookSoon();
  }

  has({ key }: Recipe): boolean {
    return (this.#kinds.get(key)?.ready.length ?? 0) > 0;
  }

  /** A process that is ready, or undefined. It is the caller's now. */
  take(recipe: Recipe): Generic | undefined {
    if (this.#closed || this.#options.most === 0) return undefined;
    this.#policy.wanted(recipe.key, this.#options.clock.monotonic());
    const taken = this.#kind(recipe).ready.shift();
    this.#lookSoon();
    return taken;
  }

  /** Ends every process that waits: the machine needs its memory. Answers how many there were. */
  shrink(): number {
    let count = 0;
    for (const { ready } of this.#kinds.values())
      for (const generic of ready.splice(0)) {
        generic.process.kill();
        count++;
      }
    return count;
  }

  /** The machine may have time for it now. */
  wake(): void {
    if (this.#kinds.size > 0) this.#lookSoon();
  }

  /** Ends what waits; resolves when everything that was started here is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#looking?.cancel();
    this.shrink();
    await Promise.all(this.#starting);
    this.shrink();
    await Promise.all([...this.#alive].map(({ process }) => process.exited));
  }

  #kind(recipe: Recipe): Kind {
    let kind = this.#kinds.get(recipe.key);
    if (kind) kind.recipe = recipe;
    else {
      kind = { recipe, ready: [], booting: 0, pausedUntil: 0 };
      this.#kinds.set(recipe.key, kind);
    }
    return kind;
  }

  #lookSoon(): void {
    if (this.#looking?.soon) return;
    this.#looking?.cancel();
    this.#lookIn(LATER_MS, true);
  }

  #lookIn(ms: number, soon: boolean): void {
    if (this.#closed) return;
    const cancel = this.#options.clock.after(ms, () => this.#look());
    this.#looking = { cancel, soon };
  }

  #look(): void {
    this.#looking = undefined;
    const now = this.#options.clock.monotonic();
    const plan = this.#policy.plan(now);
    for (const [key, kind] of this.#kinds) {
      const extra = kind.ready.length - (plan.get(key) ?? 0);
      for (const generic of kind.ready.splice(0, extra)) generic.process.kill();
      if (!plan.has(key) && kind.booting === 0) this.#kinds.delete(key);
    }
    for (const [key, count] of plan) {
      const kind = this.#kinds.get(key);
      if (!kind || now < kind.pausedUntil) continue;
      while (kind.ready.length + kind.booting < count && this.#mayBoot) this.#boot(kind);
    }
    if (this.#kinds.size > 0) this.#lookIn(EVERY_MS, false);
  }

  get #mayBoot(): boolean {
    return !this.#closed && this.#booting < this.#options.booting && !this.#options.busy();
  }

  #boot(kind: Kind): void {
    kind.booting++;
    this.#booting++;
    const starting = this.#start(kind)
      .catch(() => {
        kind.pausedUntil = this.#options.clock.monotonic() + PAUSE_MS;
      })
      .finally(() => {
        kind.booting--;
        this.#booting--;
        this.#starting.delete(starting);
        this.#lookSoon();
      });
    this.#starting.add(starting);
  }

  async #start(kind: Kind): Promise<void> {
    const generic = await startGeneric(kind.recipe, this.#options);
    this.#alive.add(generic);
    void generic.process.exited.then(() => {
      this.#alive.delete(generic);
      const at = kind.ready.indexOf(generic);
      if (at >= 0) kind.ready.splice(at, 1);
    });
    if (this.#closed) generic.process.kill();
    const tooLong = this.#options.clock.after(BOOT_MS, () => generic.process.kill());
    await generic.booted.finally(tooLong);
    if (this.#closed) generic.process.kill();
    else kind.ready.push(generic);
  }
}
