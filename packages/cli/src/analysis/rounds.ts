/** Loads everything that is compared in rounds, so that whatever else this machine does touches all of it alike. */
import type { InitMeter, InitSubject, MeasuredModule } from "@yunque/server/package-tools";

/** A run with instruments. */
export interface TracedRun {
  readonly ms: number;
  readonly modules: readonly MeasuredModule[];
}

/** What came of a subject: milliseconds of each round, and the failure that ended them. */
export interface Timings {
  readonly runs: number[];
  failure?: string;
}

export interface Rounds {
  /** Of the first subject, with instruments. */
  readonly traced: readonly TracedRun[];
  /** Of each subject in turn, without. */
  readonly timings: readonly Timings[];
}

export async function measureRounds(
  meter: InitMeter,
  subjects: readonly InitSubject[],
  rounds: number,
): Promise<Rounds> {
  const timings = subjects.map((): Timings => ({ runs: [] }));
  const traced: TracedRun[] = [];
  const [first] = subjects;
  for (let round = 0; round < rounds && first; round++) {
    const trace = await meter.run(first, { trace: true });
    if ("modules" in trace) traced.push(trace);
    for (const [index, subject] of subjects.entries()) await once(meter, subject, timings[index]);
  }
  return { traced, timings };
}

/** What failed to load once is not tried again. */
async function once(
  meter: InitMeter,
  subject: InitSubject,
  timings: Timings | undefined,
): Promise<void> {
  if (timings === undefined || timings.failure !== undefined) return;
  const outcome = await meter.run(subject, { trace: false });
  if ("failure" in outcome) timings.failure = outcome.failure;
  else timings.runs.push(outcome.ms);
}
