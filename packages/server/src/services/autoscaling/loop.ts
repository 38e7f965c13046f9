/** The one loop of the service: it works the agenda, and has policies evaluated once a minute. Idle, it has no timer. */
import type { Scope } from "../../domain/scope.ts";
import { TRIM_EVERY, trimActivities } from "./activities.ts";
import { type AgendaEntry, firstEntries } from "./agenda.ts";
import { workAction, workBounds } from "./bounds.ts";
import { workChange } from "./changes.ts";
import type { AutoscalingDependencies } from "./context.ts";
import type { Tracking } from "./tracking.ts";

const MINUTE_MS = 60_000;
/** Entries of one round; what is left over follows at once. */
const ROUND = 100;
/** Where entries fail, for our own fault or the store's, they are tried again after this. */
const RETRY_MS = 5000;
/** Timers of a machine end after 24.8 days. */
const LONGEST_MS = 24 * 3600 * 1000;

export class Loop {
  readonly #dependencies: AutoscalingDependencies;
  readonly #tracking: Tracking;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #cancel: () => void = () => {};
  /** The last minute that policies were evaluated for, in minutes since the epoch. */
  #minute: number;
  #worked = 0;

  constructor(dependencies: AutoscalingDependencies, tracking: Tracking) {
    this.#dependencies = dependencies;
    this.#tracking = tracking;
    this.#minute = this.#thisMinute();
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
        this.#dependencies.onDefect(error, { during: "scaling" });
        return RETRY_MS;
      });
      if (wait === 0) this.#again = true;
      else if (wait !== undefined && !this.#again && !this.#closed)
        this.#cancel = this.#dependencies.clock.after(wait, () => this.poke());
    }
  }

  /** Does what is due. Answers how long to wait for the rest; undefined where there is no rest. */
  async #round(): Promise<number | undefined> {
    const { records, clock } = this.#dependencies;
    const entries = await firstEntries(records, ROUND);
    const due = entries.filter(({ time }) => time <= clock.now());
    let failed = false;
    for (const entry of due) {
      if (this.#closed) return undefined;
      failed = !(await this.#work(entry)) || failed;
    }
    await this.#evaluate();
    if (failed) return RETRY_MS;
    if (due.length > 0) return 0;
    const waits = [
      ...entries.slice(0, 1).map(({ time }) => time - clock.now()),
      ...(this.#tracking.busy ? [MINUTE_MS - (clock.now() % MINUTE_MS)] : []),
    ];
    return waits.length === 0
      ? undefined
      : Math.min(Math.max(1, Math.min(...waits)), LONGEST_MS);
  }

  /** Whether it could be done. */
  async #work(entry: AgendaEntry): Promise<boolean> {
    const { item } = entry;
    try {
      const work = { action: workAction, bounds: workBounds, change: workChange }[item.kind];
      await work(this.#dependencies, entry);
      await this.#trim(item.scope);
      return true;
    } catch (error) {
      this.#dependencies.onDefect(error, { during: "scaling", ...item.target });
      return false;
    }
  }

  async #evaluate(): Promise<void> {
    const minute = this.#thisMinute();
    if (minute <= this.#minute || !this.#tracking.busy || this.#closed) return;
    this.#minute = minute;
    await this.#tracking.evaluate(minute);
    this.#again = true; // what was decided stands in the agenda
  }

  async #trim(scope: Scope): Promise<void> {
    const { records, clock } = this.#dependencies;
    if (this.#worked++ % TRIM_EVERY === 0) await trimActivities(records, scope, clock.now());
  }

  #thisMinute = (): number => Math.floor(this.#dependencies.clock.now() / MINUTE_MS);
}
