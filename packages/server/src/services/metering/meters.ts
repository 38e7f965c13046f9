/** Meters of invocations: numbers in places that are there before anybody calls. */
import type { InvocationReport } from "../../domain/invocation.ts";
import type { InvocationMeter, Metering, MeterSubject } from "../../ports/metering.ts";
import type { MeterReading } from "./reading.ts";

/** Durations are counted in steps of 2 %, from 10 us to a day. */
const STEP = Math.log(1.02);
const LEAST_MS = 0.01;
const STEPS = 1160;

export class Meters implements Metering {
  readonly #slots = new Map<string, Slot>();
  readonly #used: Slot[] = [];
  readonly #now: () => number;
  readonly #onUse: () => void;

  /** @param onUse something is counted after nothing was: there will be something to read. */
  constructor(now: () => number, onUse: () => void) {
    this.#now = now;
    this.#onUse = onUse;
  }

  meter(subject: MeterSubject): InvocationMeter {
    const key = JSON.stringify(subject);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = new Slot(subject, (one) => this.#use(one));
      this.#slots.set(key, slot);
    }
    return slot;
  }

  /** What was counted since the last time. */
  read(): MeterReading[] {
    const used = this.#used.splice(0);
    const readings = used.map((slot) => slot.take());
    for (const slot of used)
      if (slot.running > 0) this.#use(slot);
      else this.#slots.delete(JSON.stringify(slot.subject));
    return readings.filter(
      ({ requests, throttles, most }) => requests > 0 || throttles > 0 || most > 0,
    );
  }

  #use(slot: Slot): void {
    slot.used = true;
    slot.since = this.#now();
    this.#used.push(slot);
    if (this.#used.length === 1) this.#onUse();
  }
}

class Slot implements InvocationMeter {
  readonly subject: MeterSubject;
  readonly #use: (slot: Slot) => void;
  used = false;
  since = 0;
  running = 0;
  #most = 0;
  #requests = 0;
  #errors = 0;
  #throttles = 0;
  #billedMs = 0;
  #durationMs = 0;
  #shortest = Number.POSITIVE_INFINITY;
  #longest = 0;
  #inits = 0;
  #initMs = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  readonly #durations = new Uint32Array(STEPS);

  constructor(subject: MeterSubject, use: (slot: Slot) => void) {
    this.subject = subject;
    this.#use = use;
  }

  begun(bytesIn: number): void {
    if (!this.used) this.#use(this);
    this.running += 1;
    if (this.running > this.#most) this.#most = this.running;
    this.#bytesIn += bytesIn;
  }

  ended(report: InvocationReport, failed: boolean, bytesOut: number): void {
    if (!this.used) this.#use(this);
    const { durationMs, billedMs, initMs } = report;
    this.running -= 1;
    this.#requests += 1;
    if (failed) this.#errors += 1;
    this.#billedMs += billedMs;
    this.#durationMs += durationMs;
    if (durationMs < this.#shortest) this.#shortest = durationMs;
    if (durationMs > this.#longest) this.#longest = durationMs;
    const step = durationMs <= LEAST_MS ? 0 : Math.floor(Math.log(durationMs / LEAST_MS) / STEP);
    const at = Math.min(step, STEPS - 1);
    this.#durations[at] = (this.#durations[at] ?? 0) + 1;
    if (initMs !== undefined) {
      this.#inits += 1;
      this.#initMs += initMs;
    }
    this.#bytesOut += bytesOut;
  }

  refused(throttled: boolean): void {
    if (!this.used) this.#use(this);
    this.running -= 1;
    if (throttled) this.#throttles += 1;
  }

  take(): MeterReading {
    const durations: number[] = [];
    if (this.#requests > 0)
      for (const [step, count] of this.#durations.entries())
        if (count > 0)
          durations.push(Number((LEAST_MS * Math.exp((step + 0.5) * STEP)).toPrecision(6)), count);
    const reading: MeterReading = {
      subject: this.subject,
      since: this.since,
      requests: this.#requests,
      errors: this.#errors,
      throttles: this.#throttles,
      billedMs: this.#billedMs,
      durationMs: this.#durationMs,
      shortest: this.#requests === 0 ? 0 : this.#shortest,
      longest: this.#longest,
      durations,
      inits: this.#inits,
      initMs: this.#initMs,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      most: this.#most,
    };
    this.used = false;
    this.#most = this.running;
    this.#requests = this.#errors = this.#throttles = 0;
    this.#billedMs = this.#durationMs = this.#longest = 0;
    this.#shortest = Number.POSITIVE_INFINITY;
    this.#inits = this.#initMs = this.#bytesIn = this.#bytesOut = 0;
    this.#durations.fill(0);
    return reading;
  }
}
