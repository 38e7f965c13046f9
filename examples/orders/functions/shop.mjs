// What all functions of the shop share: they keep a note of each step in the bucket, and tell the bus of it. A step that
// is run again writes the same note again: events come at least once.
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const s3 = new S3Client();
const bus = new EventBridgeClient();
const Bucket = process.env.BUCKET;

export const keep = (id, step, note) =>
  s3.send(
    new PutObjectCommand({
      Bucket,
      Key: `orders/${id}/${step}.json`,
      ContentType: "application/json",
      Body: JSON.stringify(note),
    }),
  );

export async function tell(DetailType, detail) {
  const entry = {
    EventBusName: process.env.BUS,
    Source: "shop",
    DetailType,
    Detail: JSON.stringify(detail),
  };
  const { FailedEntryCount, Entries } = await bus.send(new PutEventsCommand({ Entries: [entry] }));
  if (FailedEntryCount > 0)
    throw new Error(`the bus did not take ${DetailType}: ${Entries[0].ErrorMessage}`);
}

export async function exists(Key) {
  try {
    await s3.send(new HeadObjectCommand({ Bucket, Key }));
    return true;
  } catch (error) {
    if (error.name === "NotFound") return false;
    throw error;
  }
}
