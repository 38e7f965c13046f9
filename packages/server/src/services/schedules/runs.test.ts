/** When schedules run, what they send, and what becomes of it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  EVERY_MINUTE,
  gone,
  LETTERS,
  MINUTE_MS,
  openScheduler,
  QUEUE,
  ROLE,
  SCOPE,
  started,
  wall,
} from "./fixture.ts";

const HOUR_MS = 60 * MINUTE_MS;
const target = (more: object) => ({ target: { ...EVERY_MINUTE.target, ...more } });

describe("a schedule", () => {
  it("runs at each of its times, and not while it is disabled", async () => {
    const { create, update, minutes, taken } = await started();
    await create();
    await minutes(2);
    assert.equal(taken.length, 2);
    await update({ state: "DISABLED" });
    await minutes(2);
    assert.equal(taken.length, 2);
    await update();
    await minutes(1);
    assert.equal(taken.length, 3);
  });

  it("of a rate runs when it is made, or at its start, and again and again until its end", async () => {
    const { create, settle, pass, minutes, bodies, clock } = await started();
    const expression = "rate(2 minutes)";
    await create({ name: "now", expression, ...target({ input: "now" }) });
    await settle();
    assert.deepEqual(bodies(), ["now"]);
    const start = clock.now() + MINUTE_MS + 500;
    const end = start + 2 * MINUTE_MS;
    await create({ name: "later", expression, start, end, ...target({ input: "later" }) });
    await minutes(1);
    assert.deepEqual(bodies(), ["now"]);
    await pass(500);
    assert.deepEqual(bodies(), ["now", "later"]);
    await pass(MINUTE_MS - 500);
    assert.deepEqual(bodies(), ["now", "later", "now"]);
    await minutes(6);
    assert.deepEqual(bodies().filter((text) => text === "later").length, 2);
    assert.deepEqual(bodies().filter((text) => text === "now").length, 5);
  });

  it("of one time runs once, also where that time has passed, and not again for another reason", async () => {
    const { create, update, minutes, settle, taken, clock, schedules } = await started();
    const expression = `at(${wall(clock, 2 * MINUTE_MS)})`;
    await create({ expression });
    await minutes(1);
    assert.equal(taken.length, 0);
    await minutes(3);
    assert.equal(taken.length, 1);
    await update({ expression, description: "changed" });
    await settle();
    assert.equal(taken.length, 1);
    assert.equal((await schedules.get(SCOPE, { name: "s" })).description, "changed");
    await update({ expression: `at(${wall(clock, -HOUR_MS)})` });
    await settle();
    assert.equal(taken.length, 2);
  });

  it("is deleted after its last run where it asks for that", async () => {
    const { create, minutes, schedules, clock, taken } = await started();
    await create({
      name: "once",
      expression: `at(${wall(clock, MINUTE_MS)})`,
      after: "DELETE",
    });
    await create({ end: clock.now() + 2 * MINUTE_MS, after: "DELETE" });
    await create({ name: "kept", expression: `at(${wall(clock, MINUTE_MS)})` });
    await minutes(1);
    await assert.rejects(schedules.get(SCOPE, { name: "once" }), /once does not exist/);
    await schedules.get(SCOPE, { name: "s" });
    await minutes(1);
    await assert.rejects(schedules.get(SCOPE, { name: "s" }), /s does not exist/);
    await schedules.get(SCOPE, { name: "kept" });
    assert.equal(taken.length, 4);
    assert.equal(clock.pending, 0);
  });

  it("keeps its wall clock's time when clocks are changed", async () => {
    const { create, pass, taken, clock } = await started();
    clock.advance(Date.UTC(2027, 2, 13, 12) - clock.now());
    await create({ expression: "cron(30 9 * * ? *)", zone: "America/New_York" });
    const ran: string[] = [];
    for (let halves = 0; halves < 60; halves++) {
      const before = taken.length;
      await pass(HOUR_MS / 2);
      if (taken.length > before) ran.push(new Date(clock.now()).toISOString());
    }
    assert.deepEqual(ran, ["2027-03-13T14:30:00.000Z", "2027-03-14T13:30:00.000Z"]);
  });

  it("of a flexible window runs somewhere in it, and says the time that it is for", async () => {
    const { create, pass, taken, bodies } = await started({ random: () => 0.5 });
    await create({
      expression: "cron(0 * * * ? *)",
      window: { mode: "FLEXIBLE", minutes: 10 },
      ...target({ input: "<aws.scheduler.scheduled-time>" }),
    });
    await pass(HOUR_MS + 5 * MINUTE_MS - 1);
    assert.equal(taken.length, 0);
    await pass(1);
    assert.deepEqual(bodies(), ["2026-11-22T01:00:00Z"]);
    await pass(HOUR_MS);
    assert.deepEqual(bodies().slice(1), ["2026-11-22T02:00:00Z"]);
  });

  it("whose window is longer than its period loses no run", async () => {
    const { create, pass, bodies } = await started({ random: () => 0.9 });
    const input = "<aws.scheduler.scheduled-time>";
    await create({ window: { mode: "FLEXIBLE", minutes: 10 }, ...target({ input }) });
    for (let step = 0; step < 20; step++) await pass(MINUTE_MS);
    const minutes = bodies().map((text) => Number(text.slice(14, 16)));
    assert.deepEqual(
      minutes,
      minutes.map((_, index) => index + 1),
    );
    assert.ok(minutes.length >= 10, String(minutes));
  });

  it("missed while nobody was there runs once, and then as before", async () => {
    const first = await started();
    await first.create();
    await first.create({ name: "daily", expression: "cron(0 9 * * ? *)" });
    await first.create({ name: "once", expression: `at(${wall(first.clock, HOUR_MS)})` });
    await first.close(0);
    const { engine, clock } = first;
    assert.equal(clock.pending, 0);
    clock.advance(12 * HOUR_MS + 500);
    const second = await started({ engine, clock });
    await second.settle();
    assert.equal(second.taken.length, 3);
    await second.pass(MINUTE_MS);
    assert.equal(second.taken.length, 4);
    assert.deepEqual(second.failures, []);
  });

  it("that was sent and not written down is sent again with the same execution id, and a FIFO queue is told so", async () => {
    const input = "<aws.scheduler.execution-id>";
    const arn = `${QUEUE}.fifo`;
    const world = openScheduler();
    const { commit } = world.engine.records;
    await world.start();
    await world.create(target({ arn, input, sqs: { groupId: "g" } }));
    world.engine.records.commit = () => new Promise(() => {}); // the platform is killed here
    await world.minutes(1);
    world.engine.records.commit = commit;
    world.clock.forget();
    const next = await started(world);
    await next.settle();
    const [one] = world.bodies();
    assert.match(one ?? "", /^[0-9a-f]{16}$/);
    assert.deepEqual(next.bodies(), [one]);
    assert.deepEqual(
      [next.taken[0]?.groupId, next.taken[0]?.deduplicationId],
      ["g", world.taken[0]?.deduplicationId],
    );
    await next.minutes(1);
    assert.notEqual(next.bodies()[1], one);
  });

  it("of a group that is deleted runs no more, also where the platform went down meanwhile", async () => {
    const first = await started();
    await first.groups.create(SCOPE, { name: "g" });
    for (let n = 0; n < 20; n++) await first.create({ name: `s${n}`, group: "g" });
    const { engine, clock } = first;
    const { list } = engine.records;
    engine.records.list = () => new Promise(() => {});
    await first.groups.delete(SCOPE, "g");
    engine.records.list = list;
    clock.forget();
    const second = openScheduler({ engine, clock });
    assert.equal((await second.groups.get(SCOPE, "g")).state, "DELETING");
    await assert.rejects(second.create({ group: "g" }), /is being deleted/);
    await second.start();
    await second.settle();
    await assert.rejects(second.groups.get(SCOPE, "g"), /Schedule group g does not exist/);
    await second.minutes(3);
    assert.deepEqual(second.taken, []);
    assert.equal(clock.pending, 0);
  });
});

describe("what is sent", () => {
  it("has the context attributes in it, and each attempt its number", async () => {
    let refusals = 2;
    const { create, minutes, pass, bodies, taken } = await started({
      take: () => {
        if (refusals-- > 0) throw new Error("busy");
      },
    });
    const input =
      "<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> <aws.scheduler.attempt-number>";
    await create({ expression: "cron(1 0 * * ? *)", ...target({ input }) });
    await minutes(1);
    for (let n = 0; n < 5; n++) await pass(1000);
    const what = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s 2026-11-22T00:01:00Z";
    assert.deepEqual(bodies(), [`${what} 1`, `${what} 2`, `${what} 3`]);
    assert.equal(taken[0]?.sender.service, "scheduler.amazonaws.com");
  });

  it("goes to buses and streams with their own parameters, and without an input says what happened", async () => {
    const { create, minutes, taken, bodies } = await started();
    const base = "arn:aws:@:us-east-1:000000000000:";
    const events = { source: "mine", detailType: "tick" };
    const arn = (service: string, rest: string) => base.replace("@", service) + rest;
    await create({
      name: "bus",
      target: { arn: arn("events", "event-bus/default"), roleArn: ROLE, events },
    });
    await minutes(1);
    assert.deepEqual(taken[0]?.event, {
      ...events,
      resources: ["arn:aws:scheduler:us-east-1:000000000000:schedule/default/bus"],
    });
    assert.deepEqual(bodies(), ["{}"]);
    await create({
      name: "stream",
      target: { arn: arn("kinesis", "stream/s"), roleArn: ROLE, kinesis: { partitionKey: "p" } },
    });
    await minutes(1);
    const sent = taken.find(({ partitionKey }) => partitionKey === "p");
    const { id, ...event } = JSON.parse(Buffer.from(sent?.body ?? []).toString());
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual(event, {
      version: "0",
      "detail-type": "Scheduled Event",
      source: "aws.scheduler",
      account: SCOPE.account,
      time: "2026-11-22T00:02:00Z",
      region: SCOPE.region,
      resources: ["arn:aws:scheduler:us-east-1:000000000000:schedule/default/stream"],
      detail: "{}",
    });
  });

  it("and cannot be delivered ends in the dead-letter queue, with what happened in its attributes", async () => {
    const { create, minutes, taken, lost } = await started({
      take: ({ target: arn }) => {
        if (arn !== LETTERS) gone();
      },
    });
    await create({
      expression: "cron(1 0 * * ? *)",
      ...target({ deadLetter: LETTERS, maxRetries: 3 }),
    });
    await minutes(1);
    const [, letter] = taken;
    assert.equal(letter?.target, LETTERS);
    const { EXECUTION_ID, ...attributes } = Object.fromEntries(
      Object.entries(letter?.attributes ?? {}).map(([name, { value }]) => [name, value]),
    );
    assert.match(EXECUTION_ID ?? "", /^[0-9a-f]{16}$/);
    assert.deepEqual(attributes, {
      ERROR_CODE: "AWS.SimpleQueueService.NonExistentQueue",
      ERROR_MESSAGE: "no such queue",
      IS_PAYLOAD_TRUNCATED: "false",
      RETRY_ATTEMPTS: "0",
      SCHEDULED_TIME: "2026-11-22T00:01:00Z",
      SCHEDULE_ARN: "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s",
      TARGET_ARN: QUEUE,
    });
    assert.deepEqual(lost, []);
  });

  it("is tried as often and as long as the retry policy says, and is told of where nobody takes it", async () => {
    const { create, minutes, taken, lost } = await started({
      take: () => {
        throw new Error("busy");
      },
    });
    await create({ expression: "cron(1 0 * * ? *)", ...target({ maxRetries: 2 }) });
    await create({
      name: "old",
      expression: "cron(1 0 * * ? *)",
      ...target({ maxAgeSeconds: 60 }),
    });
    await minutes(30);
    assert.deepEqual(
      lost.map(({ schedule, why }) => `${schedule.split("/").at(-1)} ${why}`).sort(),
      ["old busy", "s busy"],
    );
    assert.ok(taken.length > 3 && taken.length < 12, String(taken.length));
  });
});
