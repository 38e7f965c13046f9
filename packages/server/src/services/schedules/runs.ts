/** Runs schedules when their time comes: what is to be sent is handed over durably, then the next run is written down. */
import type { Scope } from "../../domain/scope.ts";
import { type Change, RecordConflict } from "../../ports/records.ts";
import type { Deliverer } from "../deliverer/index.ts";
import { type DueEntry, putEntry, Timetable } from "../timetable/index.ts";
import type { SchedulesDependencies } from "./context.ts";
import type { Schedule } from "./model.ts";
import { deliveryOf } from "./sending.ts";
import { entryId, scheduleId, schedulesSpace, TIMETABLE } from "./spaces.ts";
import { dueNext, spread } from "./timing.ts";

/** The next run of a schedule. */
export interface RunItem {
  readonly scope: Scope;
  readonly group: string;
  readonly name: string;
  /** The time that it is for; its entry may be due later, within its window. */
  readonly due: number;
}

/** Runs at a time; each takes as long as a commit or two. */
const CONCURRENCY = 64;

/** The change that puts the next run of a schedule into the timetable. */
export function nextRun(
  { clock, random = Math.random }: Pick<SchedulesDependencies, "clock" | "random">,
  { account, region }: Scope,
  schedule: Schedule,
  due: number,
  expect?: number,
): Change {
  const { group, name } = schedule;
  const item: RunItem = { scope: { account, region }, group, name, due };
  const time = spread(schedule, due, clock.now(), random);
  return putEntry(TIMETABLE, entryId(item.scope, group, name), time, item, expect);
}

export function createRuns(
  dependencies: SchedulesDependencies,
  deliverer: Deliverer,
): Timetable<RunItem> {
  const { records, clock, onFailure } = dependencies;
  return new Timetable<RunItem>({
    records,
    clock,
    space: TIMETABLE,
    concurrency: CONCURRENCY,
    run,
    onFailure,
  });

  async function run(entry: DueEntry<RunItem>): Promise<void> {
    const { scope, group, name, due } = entry.item;
    const ran = clock.now();
    const space = schedulesSpace(scope);
    const id = scheduleId(group, name);
    const found = await records.get<Schedule>(space, id);
    if (found === undefined || !found.value.enabled) return entry.move(undefined);
    const schedule = found.value;
    const delivery = deliveryOf({ scope, schedule, due, key: entry.key });
    await deliverer.deliver(scope, id, delivery);

    const next = dueNext(schedule, { due, wanted: entry.time, ran });
    const changes: Change[] =
      next === undefined
        ? [
            { delete: true, space: TIMETABLE, id: entry.id, expect: entry.revision },
            ended(schedule, space, id, found.revision),
          ]
        : [nextRun(dependencies, scope, schedule, next, entry.revision)];
    // Where somebody changed the schedule meanwhile, its next run stands as that change has it.
    await records.commit(changes).catch((error: unknown) => {
      if (!(error instanceof RecordConflict)) throw error;
    });
  }
}

/** What becomes of a schedule after its last run. */
function ended(schedule: Schedule, space: string, id: string, expect: number): Change {
  return schedule.after === "DELETE"
    ? { delete: true, space, id, expect }
    : { put: { ...schedule, finished: true }, space, id, expect };
}
