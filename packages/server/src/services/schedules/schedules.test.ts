/** Schedules and groups as their callers see them: what is refused, kept, listed, and repeated. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVERY_MINUTE, MINUTE_MS, openScheduler, QUEUE, ROLE, SCOPE } from "./fixture.ts";
import type { ScheduleRequest } from "./index.ts";

const LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f";
const target = (more: object) => ({ target: { ...EVERY_MINUTE.target, ...more } });
const sdk = (action: string) => `arn:aws:scheduler:::aws-sdk:${action}`;
const NOW = Date.UTC(2026, 10, 22);

describe("a schedule is refused", () => {
  const cases: readonly (readonly [message: string, request: Partial<ScheduleRequest>])[] = [
    ...[
      "rate(10 seconds)",
      "rate( 10 minutes )",
      "rate(10 minutess)",
      "rate(0 minutes)",
      "rate(-1 minutes)",
      "cron()",
      "cron(7 20 * * NOT *)",
      "cron(* * * * * *)",
      "at(2021-12-31T23:59:59Z)",
      "at(2026-02-30T00:00:00)",
      "at(2026-1-1T0:0:0)",
      "at(2026-09-08T03:54:26.439)",
      "hasOwnProperty(x)",
      "toString",
      "",
    ].map((expression) => [`Invalid Schedule Expression ${expression}.`, { expression }] as const),
    ["Invalid Schedule Expression Timezone Mars/Olympus.", { zone: "Mars/Olympus" }],
    ["Invalid Schedule Expression Timezone +01:00.", { zone: "+01:00" }],
    [
      "MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.",
      { window: { mode: "OFF", minutes: 1 } },
    ],
    [
      "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.",
      { window: { mode: "FLEXIBLE" } },
    ],
    [
      "The StartDate you specify cannot be earlier than 5 minutes ago.",
      { start: NOW - 5 * MINUTE_MS - 1 },
    ],
    [
      "The StartDate you specify must come before the EndDate.",
      { start: NOW + MINUTE_MS, end: NOW + MINUTE_MS },
    ],
    ["Provided Arn is not in correct format.", target({ arn: "queue" })],
    ["Provided Arn is not in correct format.", target({ arn: "arn:aws:sqs:us-east-1:1:q" })],
    ["Provided Arn is not in correct format.", target({ arn: `${QUEUE}/x` })],
    [
      "Provided Arn is not in correct format.",
      target({ arn: "arn:aws:events:us-east-1:000000000000:api-destination/a/b" }),
    ],
    ["backup is not a supported service for a target.", target({ arn: sdk("backup:start") })],
    [
      "__proto__ is not a supported service for a target.",
      target({ arn: "arn:aws:__proto__:::x" }),
    ],
    [
      "scheduler is not a supported service for a target.",
      target({ arn: "arn:aws:scheduler:us-east-1:000000000000:aws-sdk:sqs:sendMessage" }),
    ],
    ["getQueueUrl API is not supported.", target({ arn: sdk("sqs:getQueueUrl") })],
    ["doNothing API is not supported.", target({ arn: sdk("sqs:doNothing") })],
    ["Yunque does not serve sqs:createQueue yet", target({ arn: sdk("sqs:createQueue") })],
    [
      "Yunque does not serve targets of states",
      target({ arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m" }),
    ],
    [
      "You must provide an input to set this target for your schedule.",
      target({ arn: sdk("sqs:sendMessage"), input: undefined }),
    ],
    [
      "JSON syntax error in input for the target.",
      target({ arn: sdk("sqs:sendMessage"), input: "{" }),
    ],
    ["JSON syntax error in input for the target.", target({ arn: LAMBDA, input: "text" })],
    [
      "The target ARN provided does not match the current region us-east-1.",
      target({ arn: "arn:aws:sqs:eu-west-1:000000000000:q" }),
    ],
    ["Parameters SqsParameters must be specified.", target({ arn: `${QUEUE}.fifo` })],
    ["Parameters MessageGroupId must be specified.", target({ arn: `${QUEUE}.fifo`, sqs: {} })],
    ["Parameters MessageGroupId not valid for the target.", target({ sqs: { groupId: "g" } })],
    [
      "Parameters KinesisParameters not supported for the target.",
      target({ kinesis: { partitionKey: "p" } }),
    ],
    [
      "Parameters EcsParameters not supported for the target.",
      target({ others: ["EcsParameters"] }),
    ],
    [
      "Parameters EventBridgeParameters must be specified.",
      target({ arn: "arn:aws:events:us-east-1:000000000000:event-bus/b", input: "{}" }),
    ],
    [
      "The input for the target is larger than 262144 bytes.",
      target({ input: "x".repeat(262_145) }),
    ],
    ["Schedule group none does not exist.", { group: "none" }],
  ];
  for (const [message, request] of cases)
    it(`${message} ${JSON.stringify(request).slice(0, 80)}`, async () => {
      const { create, schedules } = openScheduler();
      await assert.rejects(create(request), { message });
      assert.deepEqual((await schedules.list(SCOPE, {})).items, []);
    });
});

describe("a request that comes twice", () => {
  it("makes one schedule, changes it once and deletes it once, by its token", async () => {
    const { create, update, schedules, clock } = openScheduler();
    const arn = await create({ token: "a" });
    clock.advance(1);
    assert.equal(await create({ token: "a" }), arn);
    await assert.rejects(create({ token: "b" }), { message: "Schedule s already exists." });
    await assert.rejects(create({ token: "a", description: "other" }), /already exists/);
    await update({ token: "c", description: "new" });
    const { modified } = await schedules.get(SCOPE, { name: "s" });
    clock.advance(1);
    await update({ token: "c", description: "new" });
    assert.equal((await schedules.get(SCOPE, { name: "s" })).modified, modified);
    await schedules.delete(SCOPE, { name: "s", token: "d" });
    await schedules.delete(SCOPE, { name: "s", token: "d" });
    await assert.rejects(schedules.delete(SCOPE, { name: "s", token: "e" }), {
      message: "Schedule s does not exist.",
    });
  });

  it("makes one group", async () => {
    const { groups } = openScheduler();
    const arn = await groups.create(SCOPE, { name: "g", token: "a", tags: { k: "v" } });
    assert.equal(await groups.create(SCOPE, { name: "g", token: "a", tags: { k: "v" } }), arn);
    await assert.rejects(groups.create(SCOPE, { name: "g", token: "a" }), {
      message: "Schedule group g already exists.",
    });
  });
});

describe("listings", () => {
  it("go page by page, by group, start of the name and state", async () => {
    const { create, schedules, groups } = openScheduler();
    await groups.create(SCOPE, { name: "g" });
    for (const group of ["default", "g"])
      for (const name of ["a1", "a2", "b1"])
        await create({ group, name, state: name === "a2" ? "DISABLED" : "ENABLED" });
    const names = async (filter: object) => {
      const { items } = await schedules.list(SCOPE, filter);
      return items.map(({ group, name }) => `${group}/${name}`);
    };
    assert.deepEqual(await names({ group: "g" }), ["g/a1", "g/a2", "g/b1"]);
    assert.deepEqual(await names({ prefix: "a", state: "ENABLED" }), ["default/a1", "g/a1"]);
    const all: string[] = [];
    let token: string | undefined;
    do {
      const page = await schedules.list(SCOPE, { maxResults: 4, token });
      all.push(...page.items.map(({ name }) => name));
      token = page.token;
    } while (token !== undefined);
    assert.equal(all.length, 6);
    await assert.rejects(schedules.list(SCOPE, { token: "x" }), { message: "Invalid NextToken." });
    await assert.rejects(schedules.list(SCOPE, { group: "none" }), /none does not exist/);
  });
});

describe("groups", () => {
  it("have limits, and the default one is not to be touched", async () => {
    const { groups } = openScheduler();
    const untouchable = {
      message: "This operation cannot be performed on schedule group default.",
    };
    await assert.rejects(groups.create(SCOPE, { name: "default" }), untouchable);
    await assert.rejects(groups.delete(SCOPE, "default"), untouchable);
    assert.equal((await groups.get(SCOPE, "default")).state, "ACTIVE");
    for (let n = 1; n < 500; n++) await groups.create(SCOPE, { name: `g${n}` });
    await assert.rejects(groups.create(SCOPE, { name: "more" }), /maximum number/);
    const tags = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, ""]));
    const arn = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/";
    await assert.rejects(groups.addTags(SCOPE, `${arn}g1`, tags), /at most 50/);
    await assert.rejects(groups.addTags(SCOPE, `${arn}g1`, { "aws:x": "" }), /reserved/);
    await assert.rejects(groups.listTags(SCOPE, `${arn}none`), /none does not exist/);
  });

  it("that are being deleted take no schedules and no changes", async () => {
    const { groups, create, engine } = openScheduler();
    await groups.create(SCOPE, { name: "g" });
    const { list } = engine.records;
    engine.records.list = () => new Promise(() => {});
    await groups.delete(SCOPE, "g");
    engine.records.list = list;
    await assert.rejects(create({ group: "g" }), /is being deleted/);
    await assert.rejects(groups.delete(SCOPE, "g"), /is being deleted/);
    await assert.rejects(groups.create(SCOPE, { name: "g" }), /already exists/);
  });
});

it("a schedule's target keeps its role and gets the default retry policy", async () => {
  const { create, schedules } = openScheduler();
  await create(target({ maxRetries: 0 }));
  assert.deepEqual((await schedules.get(SCOPE, { name: "s" })).target, {
    arn: QUEUE,
    roleArn: ROLE,
    input: "tick",
    maxAgeSeconds: 86_400,
    maxRetries: 0,
  });
});
