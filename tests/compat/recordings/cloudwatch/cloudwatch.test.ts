/** The recordings of CloudWatch: answers of AWS, compared member by member with the platform's. */
import { after, before, describe } from "node:test";
import { openRecordings, type Recordings } from "../harness.ts";
import { playAlarms } from "./alarms.ts";
import { playData, playQueueMetrics } from "./data.ts";
import { type CloudWatchFixture, openCloudWatch } from "./fixture.ts";

/** What differs from run to run, and has no number in the recordings. */
const UNKNOWN = ["timestamp"];

const opened = openRecordings("cloudwatch/cloudwatch.json");
const recordings: Recordings = {
  ...opened,
  play: (name, calls, { anything = [], ...play } = {}) =>
    opened.play(name, calls, { ...play, anything: [...UNKNOWN, ...anything] }),
};

describe("what AWS answered of CloudWatch", () => {
  let fixture: CloudWatchFixture;
  before(async () => {
    fixture = await openCloudWatch();
  });
  after(() => fixture.stop());

  playData(recordings, () => fixture);
  playQueueMetrics(recordings, () => fixture);
  playAlarms(recordings, () => fixture);

  const { skip } = recordings;
  skip("metric streams are not built", /test_create_metric_stream/);
  skip("contributor insights are not built", /test_insight_rule/);
  skip("anomaly detection is not built", /test_anomaly_detector_lifecycle/);
  recordings.finish(65);
});
