/** AWS's recordings of EventBridge, against the platform. */
import { after, before, describe } from "node:test";
import { openRecordings } from "../harness.ts";
import { playArchives } from "./archives.ts";
import { playBuses } from "./buses.ts";
import { playConnections } from "./connections.ts";
import { type EventsFixture, openEvents } from "./fixture.ts";
import { playInputs } from "./inputs.ts";
import { byShortNames } from "./names.ts";
import { playPatterns } from "./patterns.ts";
import { playPublishing } from "./publishing.ts";
import { playRules } from "./rules.ts";
import { playTargets } from "./targets.ts";

const FILES = [
  "archive_and_replay",
  "api_destinations_and_connection",
  "events",
  "events_cross_account_region",
  "events_inputs",
  "events_patterns",
  "events_schedule",
  "events_tags",
  "events_targets",
].map((name) => `events/${name}.json`);

describe("recordings of EventBridge", () => {
  let fixture: EventsFixture;
  before(async () => {
    fixture = await openEvents();
  });
  after(() => fixture.stop());

  const recordings = openRecordings(...FILES);
  const named = byShortNames(recordings, FILES);
  const open = () => fixture;
  playBuses(named, open);
  playRules(named, open);
  playPublishing(named, open);
  playInputs(named, open);
  playTargets(named, open);
  playPatterns(named, open);
  playArchives(named, open);
  playConnections(named, open);

  recordings.skip(
    "AWS shows the entries of a request that has too many of them as its own classes print them, with members that no caller knows",
    /exceed_limit_ten_entries/,
  );
  recordings.skip("the size of an archive is that of its events here", /archive_with_events/);
  recordings.skip("needs Secrets Manager", /test_update_connection$/, /test_connection_secrets/);
  recordings.skip("needs Data Firehose", /target_firehose/);
  recordings.skip("needs CloudWatch Logs", /target_cloudwatch_logs/);
  recordings.skip(
    "needs accounts of other people, which come with identity",
    /cross_account_region\[.*account\]/,
    /test_put_events\[custom-account\]/,
  );
  recordings.skip(
    "waits for the next minute; services/buses/buses.test.ts turns the clock instead",
    /schedule_cron_target_sqs/,
  );
  recordings.skip(
    "reads a function's log; tests/compat/events.test.ts has functions as targets",
    /target_lambda/,
  );

  recordings.finish(100);
});
