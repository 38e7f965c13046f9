/** The recordings of SNS: answers of AWS, compared member by member with the platform's. */
import { after, before, describe } from "node:test";
import { openRecordings, type Recordings } from "../harness.ts";
import { playEndpoints } from "./endpoints.ts";
import { playFifo } from "./fifo.ts";
import { playFilters } from "./filters.ts";
import { openSns, type SnsFixture } from "./fixture.ts";
import { playPhones } from "./phones.ts";
import { playPublishing } from "./publishing.ts";
import { playQueues } from "./queues.ts";
import { playSubscriptions } from "./subscriptions.ts";
import { playTopics } from "./topics.ts";

/** What differs from run to run, and has no number in the recordings. */
const UNKNOWN = ["timestamp", "<md5-hash>"];

const opened = openRecordings("sns/sns.json", "sns/sns_filter_policy.json");
const recordings: Recordings = {
  ...opened,
  play: (name, calls, { anything = [], ...play } = {}) =>
    opened.play(name, calls, { ...play, anything: [...UNKNOWN, ...anything] }),
};

describe("what AWS answered of SNS", () => {
  let fixture: SnsFixture;
  before(async () => {
    fixture = await openSns();
  });
  after(() => fixture.stop());
  const sns = () => fixture;

  playTopics(recordings, sns);
  playPublishing(recordings, sns);
  playSubscriptions(recordings, sns);
  playQueues(recordings, sns);
  playFifo(recordings, sns);
  playFilters(recordings, sns);
  playEndpoints(recordings, sns);
  playPhones(recordings, sns);

  const { skip } = recordings;
  skip("logs of deliveries come with CloudWatch Logs", /TestSNSPublishDelivery/);
  skip(
    "AWS takes a token that nobody was sent; here only the one that was",
    "TestSNSSubscriptionHttp::test_subscribe_external_http_endpoint[False]",
  );
  skip(
    "AWS answers for subscriptions of a deleted topic for a while; here they are gone with it",
    "TestSNSSubscriptionCrudV2::test_delete_subscriptions_on_delete_topic",
  );
  skip(
    "nobody sends text messages here",
    "TestSNSSubscriptionCrudV2::test_subscribe_sms_obscure_phone_number",
  );
  skip(
    "AWS recorded it in an account of more than a hundred subscriptions, and subscribes endpoints of phones",
    "TestSNSPlatformEndpointCrud::test_delete_platform_endpoint_with_subscription",
  );
  recordings.finish(90);
});
