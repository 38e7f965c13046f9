/** What the service needs of the world. */
import type { Clock } from "../../ports/clock.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Records } from "../../ports/records.ts";
import type { Targets } from "../../ports/targets.ts";
import type { UniversalCalls } from "./target.ts";

export interface SchedulesDependencies {
  readonly records: Records;
  readonly queues: Queues;
  readonly clock: Clock;
  /** Takes what schedules send; universal targets, too, by their ARNs. */
  readonly targets: Targets;
  readonly calls: UniversalCalls;
  /** From 0 to 1: where in its window a flexible schedule runs. */
  readonly random?: () => number;
  /** A defect, or storage that fails. */
  readonly onFailure: (error: unknown) => void;
  /** What a schedule sent is lost: its target did not take it, and no dead-letter queue did. */
  readonly onGivenUp: (lost: LostRun) => void;
}

export interface LostRun {
  readonly schedule: string;
  readonly target: string;
  readonly code: string;
  readonly why: string;
}
