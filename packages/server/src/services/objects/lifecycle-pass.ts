/**
 * The daily pass in which objects expire. It begins at midnight, UTC, or when the platform starts after one that it
 * missed; goes through one bucket after the other, a page at a time; and notes after each page how far it came, so that
 * the next life goes on there. What it does to a version it does only as long as the version is the one that it looked at.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Listed } from "../../ports/records.ts";
import { lifecycleOf } from "./lifecycle.ts";
import { type PageState, type Phase, phases, workPage } from "./lifecycle-phases.ts";
import { type Bucket, bucketsSpace, type Store } from "./store.ts";

const DAY = 24 * 3600 * 1000;
/** Timers of Node.js hold no more than 24.8 days; looking at the clock each hour also survives one that is set. */
const LOOK_MS = 3600 * 1000;
/** After a pass that failed: a full disk, say. */
const RETRY_MS = 5 * 60 * 1000;

interface Progress {
  /** Days since the epoch. */
  readonly day: number;
  readonly done: boolean;
  /** Where it stands, unless it is done. */
  readonly bucket: string;
  readonly phase: Phase;
  readonly page: PageState;
}

export class LifecyclePass {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #onDefect: (error: unknown) => void;
  #closed = false;
  #cancel = (): void => {};
  #running: Promise<void> = Promise.resolve();

  constructor(store: Store, onDefect: (error: unknown) => void) {
    this.#store = store;
    this.#clock = store.clock;
    this.#onDefect = onDefect;
  }

  /** Runs whatever is due, and again each day. */
  start(): void {
    this.#turn(0);
  }

  /** Waits for the page under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#running;
  }

  #turn(ms: number): void {
    if (this.#closed) return;
    this.#cancel = this.#clock.after(ms, () => {
      this.#running = this.#run().then(
        () => this.#turn(Math.min(LOOK_MS, DAY - (this.#clock.now() % DAY))),
        (error: unknown) => {
          this.#onDefect(error);
          this.#turn(RETRY_MS);
        },
      );
    });
  }

  /** All accounts, for there is one of them in a data directory, and others come with identities. */
  async #run(): Promise<void> {
    for (const space of await this.#store.records.spaces("")) {
      const [account, place, kind] = space.split("/");
      if (kind === "buckets" && place === "global" && account !== undefined)
        await this.#runAccount(account);
    }
  }

  async #runAccount(account: string): Promise<void> {
    const { records } = this.#store;
    const day = Math.floor(this.#clock.now() / DAY);
    const at = { space: `${account}/global/lifecycle`, id: "progress" };
    const found = (await records.get<Progress>(at.space, at.id))?.value;
    if (found?.done === true && found.day >= day) return;
    let standing = found?.done === false ? found : undefined;
    const note = (progress: Progress) => records.commit([{ put: progress, ...at }]);
    for await (const bucket of this.#buckets(account, standing?.bucket)) {
      const begun = standing?.bucket === bucket.name ? standing : undefined;
      standing = undefined;
      await this.#runBucket(bucket, begun, (phase, page) =>
        note({ day, done: false, bucket: bucket.name, phase, page }),
      );
      if (this.#closed) return;
    }
    await note({ day, done: true, bucket: "", phase: "uploads", page: {} });
  }

  async #runBucket(
    bucket: Bucket,
    begun: Progress | undefined,
    note: (phase: Phase, page: PageState) => Promise<void>,
  ): Promise<void> {
    const lifecycle = await lifecycleOf(this.#store, bucket);
    if (lifecycle === undefined) return;
    const first = begun === undefined ? 0 : phases.indexOf(begun.phase);
    for (const phase of phases.slice(Math.max(0, first))) {
      let page: PageState | undefined = phase === begun?.phase ? begun.page : {};
      while (page !== undefined) {
        if (this.#closed) return;
        page = await workPage(this.#store, bucket, lifecycle, phase, page);
        if (page !== undefined) await note(phase, page);
      }
    }
  }

  /** Buckets with rules, from this one on. */
  async *#buckets(account: string, from: string | undefined): AsyncGenerator<Bucket> {
    const space = bucketsSpace(account);
    const first = from && (await this.#store.records.get<Bucket>(space, from));
    if (first && first.value.expires === true) yield first.value;
    for (let after = from ?? ""; ; ) {
      const page: Listed<Bucket>[] = await this.#store.records.list<Bucket>(space, { after });
      for (const { value } of page) if (value.expires === true) yield value;
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
  }
}
