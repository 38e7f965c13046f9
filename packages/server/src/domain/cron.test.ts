import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seeded } from "../../../../tests/random.ts";
import { nextTime, parseSchedule } from "./schedule.ts";
import { faultOf, iso, times, utc } from "./schedule-fixture.ts";
import { wallTime } from "./time-zone.ts";

describe("cron(...)", () => {
  // The examples of EventBridge's reference.
  const EXAMPLES: readonly [expression: string, times: readonly string[]][] = [
    ["0 10 * * ? *", ["2026-01-01T10:00", "2026-01-02T10:00"]],
    ["15 12 * * ? *", ["2026-01-01T12:15", "2026-01-02T12:15"]],
    ["0 18 ? * MON-FRI *", ["2026-01-01T18:00", "2026-01-02T18:00", "2026-01-05T18:00"]],
    ["0 8 1 * ? *", ["2026-01-01T08:00", "2026-02-01T08:00"]],
    ["0/15 * * * ? *", ["2026-01-01T00:15", "2026-01-01T00:30"]],
    ["0/10 * ? * MON-FRI *", ["2026-01-01T00:10", "2026-01-01T00:20"]],
    ["0/5 8-17 ? * MON-FRI *", ["2026-01-01T08:00", "2026-01-01T08:05"]],
    ["0/30 20-2 ? * MON-FRI *", ["2026-01-01T00:30", "2026-01-01T01:00"]],
    ["30 6 ? * MON *", ["2026-01-05T06:30", "2026-01-12T06:30"]],
  ];
  for (const [fields, expected] of EXAMPLES)
    it(`cron(${fields})`, () => {
      assert.deepEqual(times(`cron(${fields})`, "2026-01-01T00:00", expected.length), expected);
    });

  it("is due strictly later than asked", () => {
    assert.deepEqual(times("cron(0 10 * * ? *)", "2026-01-01T10:00", 1), ["2026-01-02T10:00"]);
    assert.deepEqual(times("cron(0 10 * * ? *)", "2026-01-01T09:59", 1), ["2026-01-01T10:00"]);
  });

  it("L is the last day of the month, or of the week, or the last such day of the month", () => {
    assert.deepEqual(times("cron(0 5 L * ? *)", "2028-01-15T00:00", 3), [
      "2028-01-31T05:00",
      "2028-02-29T05:00",
      "2028-03-31T05:00",
    ]);
    assert.deepEqual(times("cron(0 0 ? * L *)", "2026-01-01T00:00", 2), [
      "2026-01-03T00:00",
      "2026-01-10T00:00",
    ]);
    for (const day of ["6L", "FRIL"])
      assert.deepEqual(times(`cron(0 0 ? * ${day} *)`, "2026-01-01T00:00", 2), [
        "2026-01-30T00:00",
        "2026-02-27T00:00",
      ]);
  });

  it("W is the weekday closest to a day, within its month", () => {
    // Saturday the 1st of August 2026, Sunday the 1st of November, Saturday the 3rd of January, Sunday the 31st of May.
    assert.deepEqual(times("cron(0 0 1W 8,11 ? *)", "2026-01-01T00:00", 2), [
      "2026-08-03T00:00",
      "2026-11-02T00:00",
    ]);
    assert.deepEqual(times("cron(0 0 3W 1 ? *)", "2026-01-01T00:00", 1), ["2026-01-02T00:00"]);
    assert.deepEqual(times("cron(0 0 31W 5 ? *)", "2026-01-01T00:00", 1), ["2026-05-29T00:00"]);
    assert.deepEqual(times("cron(0 0 31W * ? *)", "2026-02-01T00:00", 1), ["2026-03-31T00:00"]);
  });

  it("# is the n-th such day of the month, in months that have it", () => {
    for (const day of ["3#2", "TUE#2"])
      assert.deepEqual(times(`cron(0 0 ? * ${day} *)`, "2026-01-01T00:00", 2), [
        "2026-01-13T00:00",
        "2026-02-10T00:00",
      ]);
    assert.deepEqual(times("cron(0 0 ? * FRI#5 *)", "2026-02-01T00:00", 2), [
      "2026-05-29T00:00",
      "2026-07-31T00:00",
    ]);
  });

  it("knows leap years, and that some days never come", () => {
    assert.deepEqual(times("cron(0 0 29 2 ? *)", "2026-01-01T00:00", 1), ["2028-02-29T00:00"]);
    assert.deepEqual(times("cron(0 0 30 2 ? *)", "2026-01-01T00:00", 1), [undefined]);
    assert.deepEqual(times("cron(0 0 1 1 ? 2025)", "2026-01-01T00:00", 1), [undefined]);
    assert.deepEqual(times("cron(0 0 1 1 ? 2199)", "2199-01-01T00:00", 1), [undefined]);
  });

  it("skips what clocks leave out in spring, and is due once for what they show twice", () => {
    const inNewYork = (fields: string, after: string, count: number) =>
      times(`cron(${fields})`, after, count, "America/New_York");
    assert.deepEqual(inNewYork("30 2 * * ? *", "2026-03-07T00:00", 3), [
      "2026-03-07T07:30",
      "2026-03-09T06:30",
      "2026-03-10T06:30",
    ]);
    assert.deepEqual(inNewYork("30 1 * * ? *", "2026-10-31T12:00", 2), [
      "2026-11-01T05:30",
      "2026-11-02T06:30",
    ]);
    assert.deepEqual(inNewYork("0/30 * * * ? *", "2026-11-01T04:59", 5), [
      "2026-11-01T05:00",
      "2026-11-01T05:30",
      "2026-11-01T07:00",
      "2026-11-01T07:30",
      "2026-11-01T08:00",
    ]);
    assert.deepEqual(inNewYork("0/30 * * * ? *", "2026-11-01T06:10", 1), ["2026-11-01T07:00"]);
  });

  it("takes names in any case, lists, ranges that wrap around, and steps from anywhere", () => {
    assert.deepEqual(times("cron(0 0 ? jan,Mar sat-mon *)", "2026-01-28T00:00", 3), [
      "2026-01-31T00:00",
      "2026-03-01T00:00",
      "2026-03-02T00:00",
    ]);
    assert.deepEqual(times("cron(5/20 22-1 * * ? *)", "2026-01-01T01:44", 3), [
      "2026-01-01T01:45",
      "2026-01-01T22:05",
      "2026-01-01T22:25",
    ]);
    assert.deepEqual(times("cron(0 0 1 1 ? 2026-2030/2)", "2026-01-01T00:00", 3), [
      "2028-01-01T00:00",
      "2030-01-01T00:00",
      undefined,
    ]);
  });

  it("is refused where it breaks a rule", () => {
    const broken = [
      "0 10 * * * *",
      "0 10 ? * ? *",
      "0 10 1 * MON *",
      "60 0 * * ? *",
      "0 24 * * ? *",
      "0 0 0 * ? *",
      "0 0 32 * ? *",
      "0 0 1 13 ? *",
      "0 0 ? * 0 *",
      "0 0 ? * 8 *",
      "0 0 ? * MON/2 *",
      "0 0 ? * 3#1,6#3 *",
      "0 0 ? * 3#6 *",
      "0 0 L,15 * ? *",
      "0 0 1W,15W * ? *",
      "0 0 W * ? *",
      "0/0 0 * * ? *",
      "0 0 1 1 ? 1969",
      "0 0 1 1 ? 2030-2026",
      "0 0 1 1 ?",
      "0 0 1 1 ? * *",
      "? 0 1 * ? *",
      "a 0 1 * ? *",
      "1- 0 1 * ? *",
      ", 0 1 * ? *",
      "",
    ];
    for (const fields of broken) assert.equal(faultOf(`cron(${fields})`), "cron", fields);
    for (const text of ["0 10 * * ? *", "cron", "every(day)", "CRON(0 10 * * ? *)", "rate(1 day) "])
      assert.equal(faultOf(text), "form", text);
  });

  it("may leave its year out where the service allows it", () => {
    assert.equal(faultOf("cron(10 8 ? * MON-FRI)", { yearOptional: true }), undefined);
    assert.equal(faultOf("cron(10 8 ? * MON-FRI)"), "cron");
  });

  it("finds what looking at every minute finds", () => {
    const random = seeded(7);
    const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T;
    const zones = ["UTC", "America/New_York", "Australia/Lord_Howe", "Europe/Madrid"];
    const starts = ["2026-03-07T18:00", "2026-10-31T20:00", "2026-10-03T10:00", "2026-03-28T20:00"];
    let seen = 0;
    for (let round = 0; round < 60; round++) {
      const minutes = Array.from({ length: 3 }, () => Math.floor(random() * 60));
      const hours = Array.from({ length: 6 }, () => Math.floor(random() * 24));
      const zone = pick(zones);
      const schedule = parseSchedule(`cron(${minutes} ${hours} * * ? *)`);
      const start = utc(pick(starts));
      const shown = new Set<number>();
      let next = nextTime(schedule, { zone, anchor: 0 }, start);
      // What the clock showed in the hours before is not due again when it shows it once more.
      for (let time = start - 180 * 60_000; time <= start; time += 60_000)
        shown.add(wallTime(zone, time));
      for (let time = start + 60_000; time < start + 24 * 3600_000; time += 60_000) {
        const wall = wallTime(zone, time);
        const date = new Date(wall);
        const due =
          !shown.has(wall) &&
          minutes.includes(date.getUTCMinutes()) &&
          hours.includes(date.getUTCHours());
        shown.add(wall);
        assert.equal(next === time, due, `${zone} ${minutes} ${hours} ${iso(time)}`);
        if (!due) continue;
        seen++;
        next = nextTime(schedule, { zone, anchor: 0 }, time);
      }
    }
    assert.ok(seen > 500);
  });
});
