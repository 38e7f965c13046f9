/** The recordings of SQS: answers of AWS, compared member by member with the platform's. */
import { after, before, describe } from "node:test";
import { openRecordings } from "../harness.ts";
import { playFifo } from "./fifo.ts";
import { openSqs, type SqsFixture } from "./fixture.ts";
import { playQueues } from "./queues.ts";
import { playReceiving } from "./receiving.ts";
import { playSending } from "./sending.ts";

const recordings = openRecordings("sqs/sqs.json", "sqs/sqs_move_task.json");

describe("what AWS answered of SQS", { concurrency: 8 }, () => {
  let fixture: SqsFixture;
  before(async () => {
    fixture = await openSqs();
  });
  after(() => fixture.stop());
  const sqs = () => fixture;

  playQueues(recordings, sqs);
  playSending(recordings, sqs);
  playReceiving(recordings, sqs);
  playFifo(recordings, sqs);
  recordings.skip(
    "recorded of another emulator: its URLs, and a token made of them",
    "TestSqsProvider::test_list_queues_pagination",
  );
  recordings.finish(70);
});
