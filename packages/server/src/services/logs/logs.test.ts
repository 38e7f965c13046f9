/** What becomes of lines beside being kept: they are noted, counted, sent on, and forgotten. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { logGroupKey } from "../../domain/log-group.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { withCode } from "../../ports/port.contract.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import { idle, ManualClock } from "../functions/fixture.ts";
import type { LogMetric } from "./context.ts";
import { createLogService } from "./index.ts";

const SCOPE = { account: "000000000000", region: "us-east-1" };
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f";
const DAY_MS = 24 * 3600 * 1000;

function opened() {
  const engine = createMemoryEngine();
  const clock = new ManualClock();
  const metrics: LogMetric[] = [];
  const sent: TargetMessage[] = [];
  const service = createLogService({
    ...engine,
    clock,
    targets: { deliver: async (message) => void sent.push(message), exists: async () => true },
    onMetric: (_scope, metric) => metrics.push(metric),
    onFailure: (error) => assert.fail(String(error)),
    onGivenUp: (lost) => assert.fail(JSON.stringify(lost)),
  });
  const append = (name: string, ...messages: string[]) =>
    engine.logs.append(
      logGroupKey(SCOPE, name),
      "s",
      messages.map((message) => ({ timestamp: clock.now(), message })),
    );
  return { ...service, logs: engine.logs, clock, metrics, sent, append };
}

test("a group and its stream are there a second after their first line", async () => {
  const { append, clock, groups, streams } = opened();
  append("new", "hello");
  await assert.rejects(groups.get(SCOPE, "new"), withCode("LogResourceUnknown"));
  clock.advance(1_000);
  await idle();
  assert.equal((await groups.get(SCOPE, "new")).name, "new");
  const { items } = await streams.describe(SCOPE, "new", {});
  assert.deepEqual(
    items.map(({ name, first, last }) => [name, first, last]),
    [["s", clock.now() - 1_000, clock.now() - 1_000]],
  );
});

test("metric filters take numbers out of lines, with their dimensions", async () => {
  const { append, groups, metricFilters, metrics, clock } = opened();
  await groups.create(SCOPE, "g", {});
  const filter = { name: "f", group: "g", pattern: "{ $.ms > 10 }" };
  const base = { namespace: "N", name: "M" };
  await metricFilters.put(SCOPE, {
    ...filter,
    transformations: [{ ...base, value: "$.ms", unit: "Milliseconds", dimensions: { Op: "$.op" } }],
  });
  append("g", '{"ms":20,"op":"get"}', '{"ms":5,"op":"get"}', '{"ms":30}', '{"ms":"40","op":"put"}');
  const timestamp = clock.now();
  assert.deepEqual(metrics, [
    { ...base, value: 20, unit: "Milliseconds", dimensions: { Op: "get" }, timestamp },
    { ...base, value: 40, unit: "Milliseconds", dimensions: { Op: "put" }, timestamp },
  ]);
  const invalid = { ...base, value: "1", defaultValue: 0, dimensions: { a: "$.a" } };
  await assert.rejects(
    metricFilters.put(SCOPE, { ...filter, transformations: [invalid] }),
    withCode("InvalidLogs"),
  );
});

test("matching lines gather, and reach their function together", async () => {
  const { append, groups, subscriptions, sent, clock } = opened();
  await groups.create(SCOPE, "g", {});
  await subscriptions.put(SCOPE, {
    name: "f",
    group: "g",
    pattern: "ERROR",
    destination: FUNCTION,
    distribution: "ByLogStream",
  });
  append("g", "ERROR 1", "INFO 2");
  append("g", "ERROR 3");
  assert.equal(sent.length, 0);
  clock.advance(200);
  await idle();
  const { awslogs } = JSON.parse(Buffer.from(sent[0]?.body ?? []).toString());
  const { logEvents } = JSON.parse(gunzipSync(Buffer.from(awslogs.data, "base64")).toString());
  assert.deepEqual(
    logEvents.map(({ message }: { message: string }) => message),
    ["ERROR 1", "ERROR 3"],
  );
  assert.equal(sent.length, 1);
  await subscriptions.delete(SCOPE, "g", "f");
  append("g", "ERROR 4");
  clock.advance(1_000);
  await idle();
  assert.equal(sent.length, 1);
});

test("lines end with their group's retention, at once for readers", async () => {
  const { append, groups, streams, events, logs, clock, start, close } = opened();
  await start();
  await groups.create(SCOPE, "g", {});
  await streams.create(SCOPE, "g", "s");
  append("g", "old");
  await groups.setRetention(SCOPE, "g", 1);
  clock.advance(DAY_MS - 1);
  append("g", "young");
  const found = async () =>
    (await events.filter(SCOPE, "g", {})).events.map(({ message }) => message);
  assert.deepEqual(await found(), ["old", "young"]);
  clock.advance(2);
  assert.deepEqual(await found(), ["young"]);
  await idle();
  clock.advance(3600 * 1000);
  await idle();
  assert.equal((await logs.read(logGroupKey(SCOPE, "g"))).length, 1);
  await close(0);
});
