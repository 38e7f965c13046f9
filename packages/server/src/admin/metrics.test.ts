import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "./metrics.ts";

const of = (FunctionName: string) => ({ Region: "us-east-1", FunctionName });

test("counters of one name are told apart by what they are about", () => {
  const metrics = new Metrics();
  metrics.count("AsyncEventsDropped", of("f"));
  metrics.count("AsyncEventsDropped", of("f"), 2);
  metrics.count("AsyncEventsDropped", of('a"b\\c\n'));
  assert.equal(
    metrics.text(),
    [
      "# TYPE yunque_async_events_dropped_total counter",
      'yunque_async_events_dropped_total{region="us-east-1",function_name="f"} 3',
      'yunque_async_events_dropped_total{region="us-east-1",function_name="a\\"b\\\\c\\n"} 1',
      "",
    ].join("\n"),
  );
});

test("a distribution has its sum, its count and how many values were at most each bound", () => {
  const metrics = new Metrics();
  for (const value of [0, 1, 3, 1e12]) metrics.observe("AsyncEventAge", of("f"), value);
  const text = metrics.text();
  const labels = 'region="us-east-1",function_name="f"';
  for (const line of [
    "# TYPE yunque_async_event_age histogram",
    `yunque_async_event_age_bucket{${labels},le="1"} 2`,
    `yunque_async_event_age_bucket{${labels},le="5"} 3`,
    `yunque_async_event_age_bucket{${labels},le="86400000"} 3`,
    `yunque_async_event_age_bucket{${labels},le="+Inf"} 4`,
    `yunque_async_event_age_sum{${labels}} 1000000000004`,
    `yunque_async_event_age_count{${labels}} 4`,
  ])
    assert.ok(text.includes(`${line}\n`), line);
});

test("series are bounded: those beyond are counted together", () => {
  const metrics = new Metrics();
  for (let n = 0; n < 10_100; n += 1) metrics.count("Things", of(`f${n}`));
  const lines = metrics.text().split("\n");
  assert.ok(lines.length < 10_010);
  assert.ok(lines.includes("yunque_things_total 100"));
});
