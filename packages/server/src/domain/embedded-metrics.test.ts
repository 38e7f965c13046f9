import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { embeddedMetrics } from "./embedded-metrics.ts";

const NOW = Date.UTC(2026, 10, 22);
const line = (metric: object, root: object = {}, aws: object = {}) =>
  JSON.stringify({
    _aws: {
      Timestamp: NOW,
      CloudWatchMetrics: [{ Namespace: "Shop", Dimensions: [["Service"]], Metrics: [metric] }],
      ...aws,
    },
    Service: "orders",
    ...root,
  });

describe("metrics inside of log lines", () => {
  it("are read with their values, units and dimensions", () => {
    const text = line({ Name: "Time", Unit: "Milliseconds" }, { Time: [1, 2] });
    assert.deepEqual(embeddedMetrics(text, NOW), [
      {
        namespace: "Shop",
        name: "Time",
        unit: "Milliseconds",
        dimensions: [{ Name: "Service", Value: "orders" }],
        values: [1, 2],
        timestamp: NOW,
        fine: false,
      },
    ]);
  });

  it("are found behind what console.log writes before them", () => {
    const text = `2026-11-22T00:00:00.000Z\tid\tINFO\t${line({ Name: "Time" }, { Time: 1 })}`;
    assert.equal(embeddedMetrics(text, NOW).length, 1);
  });

  const nothing = [
    "plain",
    '{"_aws"',
    '{"_aws":1}',
    '{"_aws":{"CloudWatchMetrics":"x"}}',
    line({ Name: "Time" }),
    line({ Name: "Time" }, { Time: "1" }),
    line({ Name: "Time" }, { Time: [] }),
    line({ Name: "Time" }, { Time: 1, Service: "" }),
    line({ Name: "__proto__" }),
    line({ Name: "Time" }, { Time: 1 }, { Timestamp: 1 }),
  ];
  for (const text of nothing)
    it(`finds none in ${text.slice(0, 60)}`, () =>
      assert.deepEqual(embeddedMetrics(text, NOW), []));
});
