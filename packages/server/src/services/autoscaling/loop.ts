/** The one loop of the service: it works the agenda, and tracks what policies are about. Idle, it has no timer. */
import { YunqueError } from "../../domain/errors.ts";
import type { Scope } from "../../domain/scope.ts";
import { TRIM_EVERY, trimActivities } from "./activities.ts";
import { type AgendaEntry, firstEntries, withoutEntry } from "./agenda.ts";
import { workAction, workBounds } from "./bounds.ts";
import { workChange } from "./changes.ts";
import type { AutoscalingContext } from "./context.ts";
import { SAMPLE_MS, type Tracking } from "./tracking.ts";

const MINUTE_MS = 60_000;
/** Entries of one round; what is left over follows at once. */
const ROUND = 100;
/** Where entries fail, for our own fault or the store's, they are tried again after this. */
const RETRY_MS = 5000;
/** Timers of a machine end after 24.8 days. */
const LONGEST_MS = 24 * 3600 * 1000;

export class Loop {
  readonly #context: AutoscalingContext;
  readonly #tracking: Tracking;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #cancel: () => void = () => {};
  /** The minute that goes on, and the time slot of the last sample; both by number since the epoch. */
  #minute: number | undefined;
  #slot: number | undefined;
  /** How much was done for a scope, by its name. */
  readonly #worked = new Map<string, number>();

  constructor(context: AutoscalingContext, tracking: Tracking) {
    this.#context = context;
    this.#tracking = tracking;
  }

  /** Looks at what there is to do, now. Returns at once. */
  poke(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Starts nothing new, and waits for what is being done. What is left stands in the agenda. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      this.#cancel();
      const wait = await this.#round().catch((error: unknown) => {
        this.#context.onDefect(error, { during: "scaling" });
        return RETRY_MS;
      });
      if (wait === 0) this.#again = true;
      else if (wait !== undefined && !this.#again && !this.#closed)
        this.#cancel = this.#context.clock.after(wait, () => this.poke());
    }
  }

  /** Does what is due. Answers how long to wait for the rest; undefined where there is no rest. */
  async #round(): Promise<number | undefined> {
    const { records, clock } = this.#context;
    const entries = await firstEntries(records, ROUND);
    const due = entries.filter(({ time }) => time <= clock.now());
    let done = 0;
    for (const entry of due) {
      if (this.#closed) return undefined;
      if (await this.#work(entry)) done++;
    }
    await this.#track(due.length === 0);
    if (done > 0) return 0;
    if (due.length > 0) return RETRY_MS;
    const waits = [
      ...entries.slice(0, 1).map(({ time }) => time - clock.now()),
      ...(this.#tracking.busy ? [SAMPLE_MS - (clock.now() % SAMPLE_MS)] : []),
    ];
    return waits.length === 0 ? undefined : Math.min(Math.max(1, Math.min(...waits)), LONGEST_MS);
  }

  /** Whether it could be done. */
  async #work(entry: AgendaEntry): Promise<boolean> {
    const { item } = entry;
    try {
      const work = { action: workAction, bounds: workBounds, change: workChange }[item.kind];
      await work(this.#context, entry);
      await this.#trim(item.scope);
      return true;
    } catch (error) {
      if (await this.#gone(entry, error)) return true;
      this.#context.onDefect(error, { during: "scaling", ...item.target });
      return false;
    }
  }

  /** Whether its target was given up meanwhile: then there is nothing to do, but that a change tells its end. */
  async #gone({ id, item }: AgendaEntry, error: unknown): Promise<boolean> {
    if (!(error instanceof YunqueError && error.code === "ScalingObjectNotFound")) return false;
    if (item.kind !== "change") await this.#context.records.commit([withoutEntry(id)]);
    return true;
  }

  /** Closes the minute, where one has ended, and looks at the metrics, where it is time to and nothing is due. */
  async #track(idle: boolean): Promise<void> {
    if (!this.#tracking.busy || this.#closed) return;
    const now = this.#context.clock.now();
    const minute = Math.floor(now / MINUTE_MS);
    if (this.#minute !== undefined && minute > this.#minute) {
      await this.#tracking.evaluate(minute);
      this.#minute = minute;
      this.#again = true; // what was decided stands in the agenda, and comes before the next look
      return;
    }
    this.#minute = minute;
    const slot = Math.floor(now / SAMPLE_MS);
    if (!idle || slot === this.#slot) return;
    this.#slot = slot;
    await this.#tracking.sample(minute);
  }

  async #trim(scope: Scope): Promise<void> {
    const { records, clock } = this.#context;
    const name = `${scope.account}/${scope.region}`;
    const worked = this.#worked.get(name) ?? 0;
    this.#worked.set(name, worked + 1);
    if (worked % TRIM_EVERY === 0) await trimActivities(records, scope, clock.now());
  }
}
