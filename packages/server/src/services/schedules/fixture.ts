/** The service on the memory engine, with a target that takes everything unless a test says otherwise. */
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { type TargetMessage, Undeliverable } from "../../ports/targets.ts";
import { ManualClock, SCOPE } from "../functions/fixture.ts";
import type { LostRun } from "./context.ts";
import { createScheduler, type ScheduleRequest } from "./index.ts";

export { SCOPE };
export const MINUTE_MS = 60_000;
export const QUEUE = "arn:aws:sqs:us-east-1:000000000000:q";
export const LETTERS = "arn:aws:sqs:us-east-1:000000000000:letters";
export const ROLE = "arn:aws:iam::000000000000:role/r";

/** What is scheduled unless a test says otherwise. */
export const EVERY_MINUTE: ScheduleRequest = {
  name: "s",
  expression: "cron(* * * * ? *)",
  window: { mode: "OFF" },
  target: { arn: QUEUE, roleArn: ROLE, input: "tick" },
};

interface WorldOptions {
  readonly engine?: ReturnType<typeof createMemoryEngine>;
  readonly clock?: ManualClock;
  readonly random?: () => number;
  readonly take?: (message: TargetMessage) => void | Promise<void>;
}

/** `engine` and `clock` of an earlier life make this one its successor. */
export function openScheduler(options: WorldOptions = {}) {
  const { engine = createMemoryEngine(), clock = new ManualClock(), random = () => 0.5 } = options;
  const taken: TargetMessage[] = [];
  const lost: LostRun[] = [];
  const failures: unknown[] = [];
  const { groups, schedules, start, close } = createScheduler({
    records: engine.records,
    queues: engine.queues,
    clock,
    random,
    calls: (service, action) => {
      if (service !== "sqs") return "no-service";
      if (/^(sendMessage|getQueueUrl)$/i.test(action)) return "served";
      return action === "createQueue" ? "unserved" : "no-action";
    },
    targets: {
      async deliver(message) {
        taken.push(message);
        await options.take?.(message);
      },
      exists: async () => true,
    },
    onFailure: (error) => failures.push(error),
    onGivenUp: (run) => lost.push(run),
  });

  /** Lets everything happen that is due. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  return {
    engine,
    clock,
    groups,
    schedules,
    start,
    close,
    taken,
    lost,
    failures,
    settle,
    bodies: () => taken.map(({ body }) => Buffer.from(body).toString()),
    create: (more: Partial<ScheduleRequest> = {}) =>
      schedules.create(SCOPE, { ...EVERY_MINUTE, ...more }),
    update: (more: Partial<ScheduleRequest> = {}) =>
      schedules.update(SCOPE, { ...EVERY_MINUTE, ...more }),
    async pass(ms: number) {
      clock.advance(ms);
      await settle();
    },
    /** Moves the clock on, minute by minute. */
    async minutes(count: number) {
      for (let minute = 0; minute < count; minute++) {
        clock.advance(MINUTE_MS);
        await settle();
      }
    },
  };
}

/** The same, and it runs. */
export async function started(options: WorldOptions = {}) {
  const world = openScheduler(options);
  await world.start();
  return world;
}

export const gone = (): never => {
  throw new Undeliverable("no such queue", "AWS.SimpleQueueService.NonExistentQueue");
};

/** `2026-11-22T00:02:00`, so many milliseconds from the clock's time. */
export const wall = (clock: ManualClock, inMs: number): string =>
  new Date(clock.now() + inMs).toISOString().slice(0, 19);
