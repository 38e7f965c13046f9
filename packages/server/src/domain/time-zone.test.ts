import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instantOf, instantOrLater, isTimeZone, wallTime } from "./time-zone.ts";

const utc = (text: string) => Date.parse(`${text}Z`);
const iso = (time: number | undefined) =>
  time === undefined ? undefined : new Date(time).toISOString().slice(0, 19);

describe("time zones", () => {
  it("knows IANA's names, and no offsets", () => {
    for (const zone of ["UTC", "Europe/Madrid", "America/New_York", "Pacific/Tahiti", "Etc/GMT+9"])
      assert.ok(isTimeZone(zone), zone);
    for (const zone of ["", "+01:00", "Mars/Olympus", "Europe/", "UTC+1", " UTC"])
      assert.ok(!isTimeZone(zone), zone);
  });

  it("shows the wall clock at an instant, in summer and in winter, to the millisecond", () => {
    assert.equal(iso(wallTime("Europe/Madrid", utc("2026-01-15T12:00:00"))), "2026-01-15T13:00:00");
    assert.equal(iso(wallTime("Europe/Madrid", utc("2026-07-15T12:00:00"))), "2026-07-15T14:00:00");
    assert.equal(
      iso(wallTime("Asia/Kathmandu", utc("2026-07-15T12:00:00"))),
      "2026-07-15T17:45:00",
    );
    assert.equal(
      iso(wallTime("America/New_York", utc("2026-01-01T00:30:00"))),
      "2025-12-31T19:30:00",
    );
    const fraction = utc("2026-01-15T12:00:00") + 7;
    assert.equal(wallTime("Europe/Madrid", fraction) % 1000, 7);
  });

  it("finds the instant of every half hour of a year, and it shows that time", () => {
    for (const zone of ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]) {
      let left = 0;
      for (let wall = utc("2026-01-01T00:00"); wall < utc("2027-01-01T00:00"); wall += 1_800_000) {
        const instant = instantOf(zone, wall);
        if (instant === undefined) left++;
        else assert.equal(wallTime(zone, instant), wall);
      }
      // Lord Howe puts its clocks forward by half an hour.
      assert.equal(left, zone === "Australia/Lord_Howe" ? 1 : 2, zone);
    }
  });

  it("has no instant for what clocks that are put forward leave out", () => {
    assert.equal(instantOf("America/New_York", utc("2026-03-08T02:30:00")), undefined);
    assert.equal(
      iso(instantOf("America/New_York", utc("2026-03-08T03:00:00"))),
      "2026-03-08T07:00:00",
    );
    assert.equal(
      iso(instantOrLater("America/New_York", utc("2026-03-08T02:30:00"))),
      "2026-03-08T07:30:00",
    );
  });

  it("takes the first of two instants where clocks are put back", () => {
    assert.equal(
      iso(instantOf("America/New_York", utc("2026-11-01T01:30:00"))),
      "2026-11-01T05:30:00",
    );
    assert.equal(
      iso(instantOf("America/New_York", utc("2026-11-01T02:00:00"))),
      "2026-11-01T07:00:00",
    );
    assert.equal(
      iso(instantOf("Europe/Berlin", utc("2026-10-25T02:15:00"))),
      "2026-10-25T00:15:00",
    );
  });
});
