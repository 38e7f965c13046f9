import assert from "node:assert/strict";
import { test } from "node:test";
import type { InitMeter, InitSubject } from "@yunque/server/package-tools";
import { measureRounds } from "./rounds.ts";

const subject = (code: string): InitSubject => ({
  functionName: "f",
  code,
  layers: "",
  runtime: "nodejs22.x",
  handler: "index.handler",
  memoryMB: 128,
  region: "us-east-1",
  environment: {},
});

test("everything is loaded in turn, round by round; what fails is not tried again", async () => {
  const asked: string[] = [];
  const meter: InitMeter = {
    tier: "none",
    async run({ code }, { trace }) {
      asked.push(trace ? `${code} traced` : code);
      return code === "b" ? { failure: "no" } : { ms: asked.length, modules: [] };
    },
    close: async () => {},
  };
  const { traced, timings } = await measureRounds(meter, ["a", "b", "c"].map(subject), 2);
  assert.deepEqual(asked, ["a traced", "a", "b", "c", "a traced", "a", "c"]);
  assert.deepEqual(
    traced.map(({ ms }) => ms),
    [1, 5],
  );
  assert.deepEqual(timings, [{ runs: [2, 6] }, { runs: [], failure: "no" }, { runs: [4, 7] }]);
});
