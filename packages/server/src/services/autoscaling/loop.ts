/** Works the agenda, one entry after the other, and tracks what policies are about. Idle, it has no timer. */
import { YunqueError } from "../../domain/errors.ts";
import type { Scope } from "../../domain/scope.ts";
import { Timetable } from "../timetable/index.ts";
import { TRIM_EVERY, trimActivities } from "./activities.ts";
import { type AgendaEntry, type AgendaItem, withoutEntry } from "./agenda.ts";
import { workAction, workBounds } from "./bounds.ts";
import { workChange } from "./changes.ts";
import type { AutoscalingContext } from "./context.ts";
import { AGENDA } from "./spaces.ts";
import { SAMPLE_MS, type Tracking } from "./tracking.ts";

const MINUTE_MS = 60_000;

export class Loop {
  readonly #context: AutoscalingContext;
  readonly #tracking: Tracking;
  readonly #agenda: Timetable<AgendaItem>;
  #tracked: Promise<void> | undefined;
  #closed = false;
  #cancel: () => void = () => {};
  /** The minute that goes on, and the time slot of the last sample; both by number since the epoch. */
  #minute: number | undefined;
  #slot: number | undefined;
  /** How much was done for a scope, by its name. */
  readonly #worked = new Map<string, number>();

  constructor(context: AutoscalingContext, tracking: Tracking) {
    const { records, clock, onDefect } = context;
    this.#context = context;
    this.#tracking = tracking;
    this.#agenda = new Timetable({
      records,
      clock,
      space: AGENDA,
      concurrency: 1, // what happens to one target happens in the order of time
      run: (entry) => this.#work(entry),
      onFailure: (error, entry) =>
        onDefect(error, { during: "scaling", ...(entry?.item.target ?? {}) }),
    });
  }

  /** Takes up what stands in the agenda, and works it from now on. */
  async start(): Promise<void> {
    await this.#agenda.start();
    this.track();
  }

  /** There may be policies to track. Returns at once. */
  track(): void {
    if (this.#closed) return;
    this.#tracked ??= this.#track()
      .catch((error: unknown) => this.#context.onDefect(error, { during: "scaling" }))
      .finally(() => {
        this.#tracked = undefined;
        this.#wait();
      });
  }

  /** Starts nothing new, and waits for what is being done. What is left stands in the agenda. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#agenda.close();
    await this.#tracked;
  }

  #wait(): void {
    this.#cancel();
    if (this.#closed || !this.#tracking.busy) return;
    const { clock } = this.#context;
    this.#cancel = clock.after(SAMPLE_MS - (clock.now() % SAMPLE_MS), () => this.track());
  }

  async #work(entry: AgendaEntry): Promise<void> {
    const { item } = entry;
    const work = { action: workAction, bounds: workBounds, change: workChange }[item.kind];
    try {
      await work(this.#context, entry);
    } catch (error) {
      if (!(error instanceof YunqueError && error.code === "ScalingObjectNotFound")) throw error;
      // Its target was given up meanwhile: there is nothing to do, but that a change tells its end.
      if (item.kind === "change") await workChange(this.#context, entry);
      else await this.#context.records.commit([withoutEntry(entry.id)]);
    }
    await this.#trim(item.scope);
  }

  /** Closes the minute, where one has ended, and looks at the metrics; what stands in the agenda comes before either. */
  async #track(): Promise<void> {
    await this.#agenda.caughtUp();
    if (!this.#tracking.busy || this.#closed) return;
    const now = this.#context.clock.now();
    const minute = Math.floor(now / MINUTE_MS);
    const before = this.#minute;
    this.#minute = minute;
    if (before !== undefined && minute > before) {
      await this.#tracking.evaluate(minute);
      await this.#agenda.caughtUp();
    }
    const slot = Math.floor(now / SAMPLE_MS);
    if (slot === this.#slot || this.#closed) return;
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
