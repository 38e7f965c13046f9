import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import { idle, ManualClock } from "../functions/fixture.ts";
import { METRIC, SCOPE } from "./fixture.ts";
import { createMetrics, type MetricRule } from "./index.ts";

const TOPIC = "arn:aws:sns:us-east-1:111111111111:oncall";
const FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:oncall";

describe("alarms by the clock", () => {
  function open(clock = new ManualClock(), engine = createMemoryEngine(), broken = false) {
    const sent: TargetMessage[] = [];
    const { records, queues } = engine;
    const metrics = createMetrics({
      ...{ records, queues, clock, home: SCOPE },
      targets: {
        async deliver(message) {
          if (broken) throw new Error("not now");
          sent.push(message);
        },
        exists: async () => true,
      },
      onDefect: (error) => assert.fail(String(error)),
    });
    const minute = async (value?: number) => {
      if (value !== undefined)
        await metrics.putData(SCOPE, METRIC.namespace, [
          {
            ...{ name: METRIC.name, dimensions: METRIC.dimensions, value },
            ...{ time: undefined, values: undefined, counts: undefined, set: undefined },
            ...{ unit: undefined, resolution: undefined },
          },
        ]);
      clock.advance(60_000 - (clock.now() % 60_000));
      await idle();
    };
    const put = (rule: Partial<MetricRule> = {}) =>
      metrics.alarms.put(SCOPE, {
        kind: "metric",
        name: "many",
        actionsEnabled: true,
        actions: { ALARM: [TOPIC, FUNCTION], OK: [], INSUFFICIENT_DATA: [] },
        tags: [],
        rule: {
          metric: METRIC,
          statistic: "Sum",
          period: 60,
          evaluationPeriods: 3,
          datapointsToAlarm: 2,
          threshold: 10,
          comparison: "GreaterThanThreshold",
          ...rule,
        },
      });
    const state = async () =>
      (await metrics.alarms.describe(SCOPE, { types: ["MetricAlarm"] })).items[0]?.state;
    return { metrics, sent, minute, put, state, clock, engine };
  }

  it("two of three datapoints are an alarm, which tells topics, functions and the default bus", async () => {
    const { sent, minute, put, state, metrics, clock } = open();
    await put();
    for (const value of [5, 11, 5]) await minute(value);
    assert.equal((await state())?.value, "OK");
    await minute(12);
    assert.equal((await state())?.value, "ALARM");
    assert.match(
      (await state())?.reason ?? "",
      /^Threshold Crossed: 2 out of the last 3 datapoints \[12\.0 \(.*\), 11\.0 \(.*\)\] were greater than the threshold \(10\.0\) \(minimum 2 datapoints for OK -> ALARM transition\)\.$/,
    );
    const targets = sent.map(({ target }) => target);
    assert.deepEqual(targets.slice(-2), [TOPIC, FUNCTION]);
    assert.match(targets.at(-3) ?? "", /event-bus\/default$/);
    const event = JSON.parse(Buffer.from(sent.at(-1)?.body ?? "").toString());
    assert.equal(event.alarmData.previousState.value, "OK");
    await metrics.alarms.delete(SCOPE, ["many"]);
    clock.advance(60_000);
    await idle();
    assert.equal(clock.pending, 0, "no timer without alarms");
    await metrics.close(0);
  });

  it("is looked at again after a restart", async () => {
    const one = open();
    await one.put({ evaluationPeriods: 1, datapointsToAlarm: 1, missing: "breaching" });
    await one.metrics.close(0);
    one.clock.forget();
    const two = open(one.clock, one.engine);
    await two.metrics.start();
    one.clock.advance(5_000);
    await two.minute();
    assert.equal((await two.state())?.value, "ALARM");
    assert.equal(two.sent.filter(({ target }) => target === TOPIC).length, 1);
    await two.metrics.close(0);
  });
});
