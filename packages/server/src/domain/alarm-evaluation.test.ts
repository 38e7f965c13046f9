/** AWS's own tables: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { evaluateAlarm, type MissingData } from "./alarm-evaluation.ts";

const RETAIN = undefined;

/** Oldest first, as the tables have it: 0 is fine, X breaches, - is missing. */
function state(points: string, datapointsToAlarm: number, missing: MissingData) {
  const values = [...points]
    .reverse()
    .map((one) => (one === "-" ? undefined : one === "X" ? 2 : 0));
  return evaluateAlarm(values, {
    evaluationPeriods: 3,
    datapointsToAlarm,
    missing,
    breaches: (value) => value > 1,
  }).state;
}

describe("the state of an alarm where data is missing", () => {
  const NONE = "INSUFFICIENT_DATA";
  const rows: readonly [number, string, ...unknown[]][] = [
    [3, "0-X-X", "OK", "OK", "OK", "OK"],
    [3, "0----", "OK", "OK", "OK", "OK"],
    [3, "-----", NONE, RETAIN, "ALARM", "OK"],
    [3, "0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"],
    [3, "--X--", "ALARM", RETAIN, "ALARM", "OK"],
    [2, "0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"],
    [2, "00X0X", "ALARM", "ALARM", "ALARM", "ALARM"],
    [2, "0-X--", "OK", "OK", "ALARM", "OK"],
    [2, "----0", "OK", "OK", "ALARM", "OK"],
    [2, "---X-", "ALARM", RETAIN, "ALARM", "OK"],
  ];
  const treatments = ["missing", "ignore", "breaching", "notBreaching"] as const;
  for (const [datapoints, points, ...expected] of rows)
    it(`${datapoints} of 3: ${points}`, () => {
      assert.deepEqual(
        treatments.map((missing) => state(points, datapoints, missing)),
        expected,
      );
    });
});
