import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lastTime, parseSchedule } from "./schedule.ts";
import { faultOf, iso, times, utc } from "./schedule-fixture.ts";

describe("at(...)", () => {
  it("is due once", () => {
    assert.deepEqual(times("at(2026-12-08T09:36:00)", "2026-01-01T00:00", 2), [
      "2026-12-08T09:36",
      undefined,
    ]);
  });

  it("is written with or without seconds and leading zeros", () => {
    for (const text of ["at(2026-12-08T9:36:00)", "at(2026-12-08T09:36)", "at( 2026-12-8T9:36:0 )"])
      assert.deepEqual(times(text, "2026-01-01T00:00", 1), ["2026-12-08T09:36"], text);
  });

  it("is read in its time zone; what clocks leave out, with the clock as it stood before", () => {
    const inNewYork = (text: string) => times(text, "2026-01-01T00:00", 1, "America/New_York");
    assert.deepEqual(inNewYork("at(2026-07-01T12:00:00)"), ["2026-07-01T16:00"]);
    assert.deepEqual(inNewYork("at(2026-03-08T02:30:00)"), ["2026-03-08T07:30"]);
    assert.deepEqual(inNewYork("at(2026-11-01T01:30:00)"), ["2026-11-01T05:30"]);
  });

  it("is refused where it is no date", () => {
    for (const body of ["2026-02-29T00:00:00", "2026-13-01T00:00:00", "2026-01-01T24:00:00"])
      assert.equal(faultOf(`at(${body})`), "at", body);
    for (const body of ["2026-01-01T00:00:00Z", "2026-01-01", "tomorrow", "", "2026-01-01T10:60"])
      assert.equal(faultOf(`at(${body})`), "at", body);
  });
});

describe("rate(...)", () => {
  it("counts from its anchor", () => {
    assert.deepEqual(times("rate(5 minutes)", "2026-01-01T00:02", 2, "UTC", "2026-01-01T00:01"), [
      "2026-01-01T00:06",
      "2026-01-01T00:11",
    ]);
    assert.deepEqual(times("rate(1 hour)", "2026-01-01T00:00", 1, "UTC", "2026-06-01T00:00"), [
      "2026-06-01T01:00",
    ]);
  });

  it("has days of 24 hours, whatever clocks do", () => {
    assert.deepEqual(times("rate(1 day)", "2026-03-07T12:00", 2, "America/New_York"), [
      "2026-03-08T12:00",
      "2026-03-09T12:00",
    ]);
  });

  it("takes singular and plural, with or without a space, and ends with the calendar", () => {
    for (const text of ["rate(2 minute)", "rate(2minutes)", "rate( 2 minutes )"])
      assert.deepEqual(times(text, "2026-01-01T00:00", 1), ["2026-01-01T00:02"], text);
    assert.deepEqual(times("rate(999999999 days)", "2026-01-01T00:00", 1), [undefined]);
  });

  it("is refused without a whole number of minutes, hours or days", () => {
    for (const body of ["5", "minutes", "-1 minutes", "1.5 hours", "5 seconds", "1 week", ""])
      assert.equal(faultOf(`rate(${body})`), "rate", body);
    assert.equal(faultOf("rate(0 minutes)"), "frequency");
  });
});

describe("the last time that a schedule was due", () => {
  const last = (expression: string, after: string, until: string) =>
    iso(lastTime(parseSchedule(expression), { zone: "UTC", anchor: 0 }, utc(after), utc(until)));

  it("is found without walking through all of them", () => {
    assert.equal(
      last("cron(* * * * ? *)", "1971-01-01T00:00", "2026-01-01T00:00"),
      "2026-01-01T00:00",
    );
    assert.equal(
      last("rate(1 minute)", "1971-01-01T00:00", "2026-01-01T00:00"),
      "2026-01-01T00:00",
    );
    assert.equal(
      last("cron(0 10 * * ? *)", "2026-01-01T00:00", "2026-03-01T09:00"),
      "2026-02-28T10:00",
    );
    assert.equal(
      last("cron(0 0 29 2 ? *)", "2020-01-01T00:00", "2026-03-01T09:00"),
      "2024-02-29T00:00",
    );
  });

  it("is none where the schedule was not due", () => {
    assert.equal(last("cron(0 10 * * ? *)", "2026-01-01T10:00", "2026-01-02T09:59"), undefined);
    assert.equal(last("at(2026-01-01T10:00)", "2026-01-01T10:00", "2026-01-02T09:59"), undefined);
    assert.equal(
      last("at(2026-01-01T10:01)", "2026-01-01T10:00", "2027-01-02T09:59"),
      "2026-01-01T10:01",
    );
  });
});
