/** The recordings of S3: answers of AWS, compared member by member with the platform's. */
import { after, before, describe } from "node:test";
import { openRecordings } from "../harness.ts";
import { playBuckets } from "./buckets.ts";
import { playChecksums, playUploadChecksums } from "./checksums.ts";
import { playCopies } from "./copies.ts";
import { playCors } from "./cors.ts";
import { playEncryption } from "./encryption.ts";
import { playEvents } from "./events.ts";
import { openS3, type S3Fixture } from "./fixture.ts";
import { playForms } from "./forms.ts";
import { playGrants } from "./grants.ts";
import { playLifecycles } from "./lifecycles.ts";
import { playListings } from "./listings.ts";
import { playLocks } from "./locks.ts";
import { type MessagesFixture, openMessages, playMessages } from "./messages.ts";
import { playNotifications } from "./notifications.ts";
import { playObjects } from "./objects.ts";
import { playPresigned } from "./presigned.ts";
import { playReading } from "./reading.ts";
import { playReports } from "./reports.ts";
import { playSettings } from "./settings.ts";
import { skipRecordings } from "./skipped.ts";
import { playTagging } from "./tagging.ts";
import { playUploadConditions, playUploads } from "./uploads.ts";
import { playVersions } from "./versions.ts";
import { playWebsites } from "./websites.ts";

const recordings = openRecordings(
  "s3/s3.json",
  "s3/s3_api.json",
  "s3/s3_list_operations.json",
  "s3/s3_preconditions.json",
  "s3/s3_notifications_lambda.json",
  "s3/s3_notifications_sqs.json",
  "s3/s3_notifications_sns.json",
  "s3/s3_notifications_eventbridge.json",
  "s3/s3_cors.json",
);

describe("what AWS answered of S3", () => {
  let fixture: S3Fixture;
  let messages: MessagesFixture;
  before(async () => {
    [fixture, messages] = await Promise.all([openS3(), openMessages()]);
  });
  after(() => Promise.all([fixture.stop(), messages.stop()]));
  const s3 = () => fixture;

  playBuckets(recordings, s3);
  playObjects(recordings, s3);
  playReading(recordings, s3);
  playCopies(recordings, s3);
  playListings(recordings, s3);
  playTagging(recordings, s3);
  playUploads(recordings, s3);
  playUploadConditions(recordings, s3);
  playChecksums(recordings, s3);
  playUploadChecksums(recordings, s3);
  playVersions(recordings, s3);
  playSettings(recordings, s3);
  playReports(recordings, s3);
  playGrants(recordings, s3);
  playLocks(recordings, s3);
  playCors(recordings, s3);
  playWebsites(recordings, s3);
  playLifecycles(recordings, s3);
  playEncryption(recordings, s3);
  playPresigned(recordings, s3);
  playForms(recordings, s3);
  playNotifications(recordings, s3);
  playEvents(recordings, s3);
  playMessages(recordings, () => messages);
  skipRecordings(recordings);
  recordings.finish(240);
});
