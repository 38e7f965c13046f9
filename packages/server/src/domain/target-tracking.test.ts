import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seeded } from "../../../../tests/random.ts";
import {
  decideTracking,
  LOW_DATAPOINTS,
  type TargetTracking,
  type TrackingSituation,
} from "./target-tracking.ts";

const RULES: TargetTracking = {
  target: 0.7,
  scaleOutCooldownMs: 0,
  scaleInCooldownMs: 0,
  disableScaleIn: false,
};
const NOW = Date.UTC(2026, 0, 1);
const SECOND = 1000;

const constant = (value: number | undefined, count = LOW_DATAPOINTS) =>
  Array<number | undefined>(count).fill(value);

function decide(situation: Partial<TrackingSituation>, rules: Partial<TargetTracking> = {}) {
  return decideTracking(
    { ...RULES, ...rules },
    {
      datapoints: [],
      capacity: 10,
      bounds: { min: 1, max: 100 },
      last: undefined,
      now: NOW,
      ...situation,
    },
  );
}

describe("the alarms", () => {
  it("go off after three datapoints above the target, and not before", () => {
    assert.deepEqual(decide({ datapoints: [1, 1] }), { kind: "none" });
    assert.deepEqual(decide({ datapoints: [0.7, 1, 1] }), { kind: "none" });
    assert.deepEqual(decide({ datapoints: [0.71, 1, 1] }), {
      kind: "scale",
      alarm: "high",
      to: 15,
    });
  });

  it("go off after fifteen datapoints below nine tenths of the target, and not before", () => {
    assert.deepEqual(decide({ datapoints: constant(0.35, 14) }), { kind: "none" });
    assert.deepEqual(decide({ datapoints: [0.63, ...constant(0.35, 14)] }), { kind: "none" });
    assert.deepEqual(decide({ datapoints: [0.62, ...constant(0.35, 14)] }), {
      kind: "scale",
      alarm: "low",
      to: 9,
    });
    assert.deepEqual(decide({ datapoints: constant(0.35) }), {
      kind: "scale",
      alarm: "low",
      to: 5,
    });
  });

  it("have insufficient data where a minute has none", () => {
    assert.deepEqual(decide({ datapoints: [1, undefined, 1, 1] }), { kind: "none" });
    assert.deepEqual(decide({ datapoints: [1, 1, undefined] }), { kind: "none" });
    assert.deepEqual(decide({ datapoints: [...constant(0, 7), undefined, ...constant(0, 7)] }), {
      kind: "none",
    });
  });

  it("leave a metric near its target alone", () => {
    for (const value of [0.63, 0.65, 0.7])
      assert.deepEqual(decide({ datapoints: constant(value) }), { kind: "none" });
  });
});

describe("the change", () => {
  it("is in proportion to the metric, rounded up, without rounding errors", () => {
    const to = (capacity: number, metric: number, target: number) => {
      const decision = decide({ datapoints: [1, 1, metric], capacity }, { target });
      return decision.kind === "scale" ? decision.to : decision;
    };
    assert.equal(to(10, 1, 0.5), 20);
    assert.equal(to(7, 0.9, 0.7), 9);
    assert.equal(to(3, 0.8, 0.7), 4);
    assert.equal(to(10, 0.77, 0.7), 11);
  });

  it("stays between the bounds", () => {
    const bounds = { min: 4, max: 12 };
    assert.deepEqual(decide({ datapoints: [1, 1, 1], bounds }), {
      kind: "scale",
      alarm: "high",
      to: 12,
    });
    assert.deepEqual(decide({ datapoints: [1, 1, 1], bounds, capacity: 12 }), {
      kind: "blocked",
      alarm: "high",
      reason: "AlreadyAtMaxCapacity",
    });
    assert.deepEqual(decide({ datapoints: constant(0), bounds }), {
      kind: "scale",
      alarm: "low",
      to: 4,
    });
    assert.deepEqual(decide({ datapoints: constant(0), bounds, capacity: 4 }), {
      kind: "blocked",
      alarm: "low",
      reason: "AlreadyAtMinCapacity",
    });
  });

  it("is none where the same capacity comes out", () => {
    assert.deepEqual(decide({ datapoints: constant(0.6), capacity: 2 }), {
      kind: "blocked",
      alarm: "low",
      reason: "AlreadyAtDesiredCapacity",
    });
  });

  it("never takes capacity away where that is disabled", () => {
    const rules = { disableScaleIn: true };
    assert.deepEqual(decide({ datapoints: constant(0) }, rules), { kind: "none" });
    assert.equal(decide({ datapoints: constant(1) }, rules).kind, "scale");
  });
});

describe("cooldowns", () => {
  const out = { direction: "out", at: NOW - 30 * SECOND, from: 5 } as const;
  const into = { direction: "in", at: NOW - 30 * SECOND, from: 20 } as const;

  it("let only a larger scale-out add to the last one", () => {
    const rules = { target: 0.5, scaleOutCooldownMs: 60 * SECOND };
    assert.deepEqual(decide({ datapoints: [1, 1, 1], last: out }, rules), {
      kind: "blocked",
      alarm: "high",
      reason: "Cooldown",
    });
    assert.deepEqual(decide({ datapoints: [1, 1, 1.5], last: out }, rules), {
      kind: "scale",
      alarm: "high",
      to: 15,
    });
  });

  it("end", () => {
    const rules = { target: 0.5, scaleOutCooldownMs: 30 * SECOND, scaleInCooldownMs: 30 * SECOND };
    assert.deepEqual(decide({ datapoints: [1, 1, 1], last: out }, rules), {
      kind: "scale",
      alarm: "high",
      to: 20,
    });
    assert.deepEqual(decide({ datapoints: constant(0.1), last: into }, rules), {
      kind: "scale",
      alarm: "low",
      to: 2,
    });
  });

  it("of a scale-in hold the next scale-in back, and no scale-out", () => {
    const rules = { scaleInCooldownMs: 60 * SECOND };
    assert.deepEqual(decide({ datapoints: constant(0.1), last: into }, rules), {
      kind: "blocked",
      alarm: "low",
      reason: "Cooldown",
    });
    assert.equal(decide({ datapoints: constant(1), last: into }, rules).kind, "scale");
  });

  it("of a scale-out hold no scale-in back", () => {
    const rules = { scaleOutCooldownMs: 60 * SECOND, scaleInCooldownMs: 60 * SECOND };
    assert.equal(decide({ datapoints: constant(0.1), last: out }, rules).kind, "scale");
  });
});

describe("under any load", () => {
  const random = seeded(11);
  const whole = (max: number) => Math.floor(random() * max);

  it("a change stays between the bounds, goes where the alarm points, and takes no more than the target allows", () => {
    const kinds = new Set<string>();
    for (let round = 0; round < 20_000; round++) {
      const min = whole(20);
      const situation: TrackingSituation = {
        datapoints: Array.from({ length: 15 }, () => {
          const level = [0, 0.3, 0.6, 1][round % 4] as number;
          return level + random() * 0.2;
        }),
        bounds: { min, max: min + whole(50) },
        capacity: whole(80),
        last: undefined,
        now: NOW,
      };
      const target = 0.1 + random() * 0.8;
      const decision = decideTracking({ ...RULES, target }, situation);
      kinds.add(decision.kind);
      if (decision.kind !== "scale") continue;
      const { capacity, bounds, datapoints } = situation;
      assert.ok(decision.to <= bounds.max && decision.to >= bounds.min);
      assert.equal(decision.to > capacity, decision.alarm === "high");
      const load = capacity * Math.max(...datapoints.map((value) => value ?? 0));
      if (decision.alarm === "low" && decision.to < bounds.max)
        assert.ok(load / decision.to <= target + 1e-9, `${load} / ${decision.to} > ${target}`);
    }
    assert.deepEqual([...kinds].sort(), ["blocked", "none", "scale"]);
  });

  it("a steady load settles, and stays settled", () => {
    for (let round = 0; round < 200; round++) {
      const load = random() * 90;
      const target = 0.2 + random() * 0.7;
      let capacity = 1 + whole(100);
      let changes = 0;
      let lastChange = 0;
      const datapoints: number[] = [];
      for (let minute = 0; minute < 240; minute++) {
        datapoints.push(Math.min(1, load / capacity)); // utilisation does not exceed 1
        const decision = decide({ datapoints, capacity }, { target });
        if (decision.kind !== "scale") continue;
        capacity = decision.to;
        changes++;
        lastChange = minute;
      }
      assert.ok(lastChange < 120, `${load} at ${target} still changes`);
      assert.ok(changes <= 30, `${changes} changes`);
      if (capacity < 100) assert.ok(load / capacity <= target + 1e-9);
    }
  });
});
